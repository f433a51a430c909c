package server_test

import (
	"encoding/json"
	"strings"
	"testing"

	"campfire/internal/campfiretest"
)

// What makes an application of the page is served to anyone, under the
// installation's path, and asked for again each time.
func TestInstallationIsDescribed(t *testing.T) {
	for _, base := range []string{"", "/chat"} {
		srv := campfiretest.New(t, "CAMPFIRE_URL=http://127.0.0.1"+base)
		for path, kind := range map[string]string{
			"/manifest.webmanifest": "application/manifest+json",
			"/service-worker.js":    "text/javascript; charset=utf-8",
			"/offline":              "text/html; charset=utf-8",
		} {
			h := srv.Do("", "GET", base+path, nil).Want(200).Header
			if h.Get("Content-Type") != kind || h.Get("Cache-Control") != "no-cache" || h.Get("ETag") == "" {
				t.Errorf("%s: %v", base+path, h)
			}
			srv.Do("", "GET", base+path, nil, "If-None-Match", h.Get("ETag")).Want(304)
		}

		var manifest struct {
			ID, Name, Display, Scope, Lang, Dir string
			StartURL                            string `json:"start_url"`
			Icons                               []struct{ Src, Sizes, Purpose string }
			Shortcuts                           []struct{ Name, URL string }
		}
		before := srv.Do("", "GET", base+"/manifest.webmanifest", nil).Want(200)
		before.JSON(&manifest)
		if manifest.Name != "Campfire" || manifest.ID != base+"/" || manifest.StartURL != base+"/" || manifest.Scope != base+"/" || manifest.Display != "standalone" {
			t.Errorf("manifest %+v", manifest)
		}
		for _, i := range manifest.Icons {
			if h := srv.Do("", "GET", i.Src, nil).Want(200).Header; h.Get("Content-Type") != "image/png" {
				t.Errorf("%s is %s", i.Src, h.Get("Content-Type"))
			}
		}
		ada := srv.SetUp()
		cookie := "campfire=" + ada
		for _, s := range manifest.Shortcuts {
			srv.Do("", "GET", s.URL, nil, "Cookie", cookie).Want(200)
		}
		if len(manifest.Icons) < 3 || len(manifest.Shortcuts) != 3 {
			t.Errorf("%d icons, %d shortcuts", len(manifest.Icons), len(manifest.Shortcuts))
		}
		srv.Do(ada, "PATCH", base+"/api/account", map[string]any{"name": "Kitchen </script>"}).Want(200)
		after := srv.Do("", "GET", base+"/manifest.webmanifest", nil, "If-None-Match", before.Header.Get("ETag")).Want(200)
		after.JSON(&manifest)
		if manifest.Name != "Kitchen </script>" {
			t.Errorf("the manifest calls it %q", manifest.Name)
		}

		// In the reader's language, and a worker that keeps the page in it.
		german := srv.Do("", "GET", base+"/manifest.webmanifest", nil, "Accept-Language", "de").Want(200)
		german.JSON(&manifest)
		if manifest.Lang != "de" || manifest.Shortcuts[1].Name != "Suche" {
			t.Errorf("in German: %+v", manifest)
		}
		workers := make(map[string]bool)
		for _, cookie := range []string{"", "campfire_lang=de", "campfire_theme=dark"} {
			workers[string(srv.Do("", "GET", base+"/service-worker.js", nil, "Cookie", cookie).Want(200).Body)] = true
		}
		if len(workers) != 3 {
			t.Errorf("%d workers for three pages", len(workers))
		}

		// The worker keeps what is there to be kept.
		script := string(srv.Do("", "GET", base+"/service-worker.js", nil).Want(200).Body)
		first, _, _ := strings.Cut(strings.TrimPrefix(script, "self.shell="), ";\n")
		var shell struct {
			Version, Page string
			Files         []string
		}
		if err := json.Unmarshal([]byte(first), &shell); err != nil {
			t.Fatalf("%v: %s", err, first)
		}
		page := string(srv.Do("", "GET", shell.Page, nil).Want(200).Body)
		for _, f := range shell.Files {
			srv.Do("", "GET", f, nil).Want(200)
			if !strings.Contains(page, f) {
				t.Errorf("%s is kept, and not on the page", f)
			}
		}
		if shell.Version == "" || shell.Page != base+"/offline" || len(shell.Files) != strings.Count(page, "/assets/") {
			t.Errorf("the worker keeps %+v of\n%s", shell, page)
		}
	}
}
