package doctor_test

import (
	"database/sql"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"campfire/internal/app"
	"campfire/internal/campfiretest"
	"campfire/internal/config"
	"campfire/internal/doctor"
	"campfire/internal/store"

	_ "modernc.org/sqlite"
)

// examine runs the doctor as the command does, beside whatever runs on dir.
func examine(t *testing.T, dir, address string, env ...string) map[string]doctor.Result {
	t.Helper()
	cfg, _, err := config.Read(append(env, "CAMPFIRE_DATA="+dir))
	if err != nil {
		t.Fatal(err)
	}
	r, err := app.Examine(t.Context(), cfg, app.ExamineOptions{Version: "test", URL: address, Deep: true})
	if err != nil {
		t.Fatal(err)
	}
	found := make(map[string]doctor.Result)
	for _, c := range r.Checks {
		found[c.ID] = c
	}
	return found
}

// want fails the test unless a check came out so, with a remedy that says so.
func want(t *testing.T, found map[string]doctor.Result, id string, status doctor.Status, remedy string) {
	t.Helper()
	if got := found[id]; got.Status != status || !strings.Contains(got.Remedy, remedy) {
		t.Errorf("%s: %s, %s → %q; want %s → %q", id, got.Status, got.Detail, got.Remedy, status, remedy)
	}
}

// private makes a test's directory as a start would make it.
func private(t *testing.T, dir string) {
	t.Helper()
	if err := os.Chmod(dir, 0o700); err != nil {
		t.Fatal(err)
	}
}

// proxy stands before a server, as change makes it.
func proxy(t *testing.T, target string, change func(*httputil.ProxyRequest)) string {
	t.Helper()
	u, err := url.Parse(target)
	if err != nil {
		t.Fatal(err)
	}
	p := httptest.NewServer(&httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
		r.SetURL(u)
		change(r)
	}})
	t.Cleanup(p.Close)
	return p.URL
}

func TestBesideARunningServer(t *testing.T) {
	srv := campfiretest.New(t, "CAMPFIRE_METRICS_ADDR=127.0.0.1:0", "CAMPFIRE_WS_QUEUE=99")
	private(t, srv.Dir)
	found := examine(t, srv.Dir, srv.URL)
	for _, id := range []string{"server.running", "server.version", "db.journal", "db.sync", "db.cache", "db.indexes", "db.integrity", "db.busy_timeout",
		"memory.metrics", "memory.leaks", "metrics.reachable", "data.permissions", "data.filesystem", "public.https", "public.upgrade", "public.proxy"} {
		want(t, found, id, doctor.OK, "")
	}
	// The server's settings count, not this command's, and the difference is told.
	want(t, found, "limits.rates", doctor.Warning, "CAMPFIRE_RATE_POST=5/s,20")
	want(t, found, "server.settings", doctor.Warning, "environment")
	if d := found["ws.backpressure"].Detail; !strings.HasPrefix(d, "99 frames") {
		t.Errorf("backpressure: %s", d)
	}
}

func TestMetricsThatAreOffAreNoticed(t *testing.T) {
	srv := campfiretest.New(t)
	found := examine(t, srv.Dir, srv.URL)
	want(t, found, "metrics.reachable", doctor.Warning, "CAMPFIRE_METRICS_ADDR=127.0.0.1:9300")
	want(t, found, "memory.metrics", doctor.OK, "") // over the private socket
}

func TestProxyThatStripsUpgradesIsNoticed(t *testing.T) {
	srv := campfiretest.New(t)
	address := proxy(t, srv.URL, func(r *httputil.ProxyRequest) {
		r.Out.Header.Del("Upgrade")
		r.Out.Header.Del("Connection")
	})
	found := examine(t, srv.Dir, address)
	want(t, found, "public.upgrade", doctor.Failure, "proxy_set_header Upgrade")
	want(t, found, "public.proxy", doctor.NotChecked, "")
}

func TestProxyThatStripsCredentialsIsNoticed(t *testing.T) {
	srv := campfiretest.New(t)
	address := proxy(t, srv.URL, func(r *httputil.ProxyRequest) { r.Out.Header.Del("Authorization") })
	want(t, examine(t, srv.Dir, address), "public.upgrade", doctor.Failure, "Authorization")
}

func TestAddressWhereNothingListensIsNoticed(t *testing.T) {
	srv := campfiretest.New(t)
	gone := httptest.NewServer(http.NotFoundHandler())
	gone.Close()
	want(t, examine(t, srv.Dir, gone.URL), "public.upgrade", doctor.Failure, "curl -v "+gone.URL)
	other := httptest.NewServer(http.NotFoundHandler())
	defer other.Close()
	want(t, examine(t, srv.Dir, other.URL), "public.upgrade", doctor.Failure, "point the proxy to the server")
}

func TestForwardedHeadersAreSeenThroughAProxy(t *testing.T) {
	headers := func(r *httputil.ProxyRequest) {
		r.SetXForwarded()
	}
	trusting := campfiretest.New(t, "TRUSTED_PROXIES=127.0.0.1")
	found := examine(t, trusting.Dir, proxy(t, trusting.URL, headers))
	want(t, found, "public.upgrade", doctor.OK, "")
	want(t, found, "public.proxy", doctor.OK, "")

	distrusting := campfiretest.New(t)
	found = examine(t, distrusting.Dir, proxy(t, distrusting.URL, headers))
	want(t, found, "public.proxy", doctor.Failure, "TRUSTED_PROXIES=127.0.0.1")

	silent := campfiretest.New(t, "TRUSTED_PROXIES=127.0.0.1")
	found = examine(t, silent.Dir, proxy(t, silent.URL, func(*httputil.ProxyRequest) {}))
	want(t, found, "public.proxy", doctor.Failure, "X-Forwarded-For")
}

func TestPublicAddressWithoutTLSIsNoticed(t *testing.T) {
	srv := campfiretest.New(t)
	// A name that is not this machine's, and can't be reached.
	found := examine(t, srv.Dir, "http://chat.invalid")
	want(t, found, "public.https", doctor.Warning, "CAMPFIRE_URL=https://chat.invalid")
	want(t, found, "public.upgrade", doctor.Failure, "curl -v")
}

func TestWithNoServerRunning(t *testing.T) {
	srv := campfiretest.New(t)
	srv.SetUp()
	srv.Stop()
	private(t, srv.Dir)
	found := examine(t, srv.Dir, "")
	for _, id := range []string{"db.journal", "db.sync", "db.cache", "db.schema", "db.indexes", "db.integrity", "data.permissions"} {
		want(t, found, id, doctor.OK, "")
	}
	want(t, found, "server.running", doctor.NotChecked, "")
	want(t, found, "public.upgrade", doctor.NotChecked, "--url")

	db, err := sql.Open("sqlite", "file:"+filepath.Join(srv.Dir, store.DatabaseFile))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for _, text := range []string{`PRAGMA journal_mode = delete`, `DROP INDEX messages_by_room`} {
		if _, err := db.ExecContext(t.Context(), text); err != nil {
			t.Fatal(err)
		}
	}
	db.Close()
	found = examine(t, srv.Dir, "", "CAMPFIRE_DB_SYNC=normal", "CAMPFIRE_DB_CACHE=8MiB")
	want(t, found, "db.journal", doctor.Failure, "campfire serve")
	want(t, found, "db.indexes", doctor.Failure, "CREATE INDEX messages_by_room ON messages")
	want(t, found, "db.sync", doctor.Warning, "CAMPFIRE_DB_SYNC=full")
	want(t, found, "db.cache", doctor.Warning, "CAMPFIRE_DB_CACHE=64MiB")
}

// A ticket opens one socket, and nothing else.
func TestTicketIsNoCredential(t *testing.T) {
	srv := campfiretest.New(t)
	srv.SetUp()
	var tokens []string
	front := proxy(t, srv.URL, func(r *httputil.ProxyRequest) {
		token := strings.TrimPrefix(r.Out.Header.Get("Authorization"), "Bearer ")
		tokens = append(tokens, token)
	})
	want(t, examine(t, srv.Dir, front), "public.upgrade", doctor.OK, "")
	if len(tokens) == 0 || slices.Contains(tokens, "") {
		t.Fatalf("tokens %q", tokens)
	}
	for _, token := range tokens {
		srv.Do(token, "GET", "/api/users/me", nil).Want(401)
		srv.Do(token, "GET", "/ws", nil, "Connection", "Upgrade", "Upgrade", "websocket", "Sec-WebSocket-Version", "13", "Sec-WebSocket-Key", "AAAAAAAAAAAAAAAAAAAAAA==").Want(401)
	}
}
