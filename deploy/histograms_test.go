package deploy_test

import (
	"log/slog"
	"math"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"campfire"
	"campfire/internal/chat"
	"campfire/internal/hub"
	"campfire/internal/server"
	"campfire/internal/store"
	"campfire/internal/web"

	"github.com/prometheus/client_golang/prometheus"
)

// durations are what the rules compare with a target, in seconds; 0: none.
var durations = map[string]float64{
	"message_create_duration_seconds": .01, "ws_broadcast_duration_seconds": .05, "db_query_duration_seconds": .005,
	"db_group_duration_seconds": 0, "http_request_duration_seconds": 0,
}

// Native buckets say what a time was within ten percent, however long it took,
// to a Prometheus that asks for them. For one that does not, the classic ones
// have a bound at the target, some below it, and go on far beyond: the guide's
// ended where trouble begins.
func TestDurationsHaveNativeBucketsAndReachPastTheTargets(t *testing.T) {
	r := prometheus.NewRegistry()
	log := slog.New(slog.DiscardHandler)
	service := chat.New(chat.Options{Limits: chat.DefaultLimits(), Registerer: r})
	live := hub.New(hub.Options{Backend: service, Logger: log, Registerer: r})
	defer live.Close()
	st, err := store.Open(t.Context(), store.Options{Dir: t.TempDir(), Committed: service.Committed, Logger: log, Registerer: r})
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	if err := service.Start(t.Context(), st, live); err != nil {
		t.Fatal(err)
	}
	pages, err := web.New(web.Options{})
	if err != nil {
		t.Fatal(err)
	}
	srv, err := server.New(server.Options{Chat: service, Hub: live, Web: pages, Logger: log, Registerer: r})
	if err != nil {
		t.Fatal(err)
	}
	srv.Handler().ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", "/up", nil))
	if err := st.Write(t.Context(), func(tx *store.Tx) error {
		return tx.CreateUser(&campfire.User{Person: campfire.Person{Name: "Ada"}, Email: "ada@example.org"}, "hash")
	}); err != nil {
		t.Fatal(err)
	}

	families, err := r.Gather()
	if err != nil {
		t.Fatal(err)
	}
	var seen []string
	for _, f := range families {
		name := f.GetName()
		if len(f.GetMetric()) == 0 || f.GetMetric()[0].GetHistogram() == nil || !strings.HasSuffix(name, "_seconds") {
			continue
		}
		target, known := durations[name]
		if !known {
			t.Errorf("%s is measured, and not in this test", name)
		}
		seen = append(seen, name)
		for _, m := range f.GetMetric() {
			h := m.GetHistogram()
			// A schema of 3 has bounds that are 9 % apart.
			if h.Schema == nil || h.GetSchema() < 3 {
				t.Errorf("%s has no native buckets, or coarse ones", name)
				break
			}
			var bounds []float64
			for _, b := range h.GetBucket() {
				if !math.IsInf(b.GetUpperBound(), 1) {
					bounds = append(bounds, b.GetUpperBound())
				}
			}
			if target == 0 {
				target = .1
				bounds = append(bounds, target)
				slices.Sort(bounds)
			}
			at, found := slices.BinarySearch(bounds, target)
			if !found || at < 3 || len(bounds)-at < 4 || bounds[len(bounds)-1] < 10*target {
				t.Errorf("%s: classic buckets %v do not tell what is below %v and far beyond", name, bounds, target)
				break
			}
		}
	}
	for name := range durations {
		if !slices.Contains(seen, name) {
			t.Errorf("%s is not measured", name)
		}
	}
}
