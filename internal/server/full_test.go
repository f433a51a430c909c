package server_test

import (
	"crypto/rand"
	"os"
	"os/exec"
	"strings"
	"testing"

	"campfire/internal/campfiretest"
)

// A full disk refuses what it can't hold, whole, and takes the next that fits:
// on a small disk of its own, in a mount that only this test sees.
func TestAFullDisk(t *testing.T) {
	if os.Getenv("CAMPFIRE_TEST_SMALL_DISK") == "" {
		unshare, err := exec.LookPath("unshare")
		if err == nil {
			err = exec.Command(unshare, "-Urm", "true").Run()
		}
		if err != nil {
			campfiretest.Missing(t, "a small disk: unshare -Urm")
		}
		dir, err := os.MkdirTemp("", "disk") // short: a socket lies below it
		if err != nil {
			t.Fatal(err)
		}
		defer os.RemoveAll(dir)
		cmd := exec.Command(unshare, "-Urm", "/bin/sh", "-c", `mount -t tmpfs -o size=24m none "$1" && TMPDIR="$1" exec "$2" -test.run '^TestAFullDisk$' -test.v`, "sh", dir, os.Args[0])
		cmd.Env = append(os.Environ(), "CAMPFIRE_TEST_SMALL_DISK=1")
		out, err := cmd.CombinedOutput()
		if err != nil || !strings.Contains(string(out), "--- PASS") {
			t.Fatalf("%v\n%s", err, out)
		}
		return
	}
	srv := campfiretest.New(t)
	ada := srv.SetUp()
	large, small := make([]byte, 30<<20), make([]byte, 1<<20)
	rand.Read(large)
	before := lying(t, srv.Dir)
	postFiles(srv, ada, "1", map[string]string{"body": "too much"}, file{"a.bin", small}, file{"b.bin", large}).Want(507)
	settle(t, "nothing is left", func() bool { return lying(t, srv.Dir) == before })

	u := begin(srv, ada, "c.bin", len(large))
	var last *campfiretest.Answer
	for at := 0; at < len(large); at += 1 << 20 {
		if last = piece(srv, ada, u.ID, at, large[at:at+1<<20]); last.Status != 200 {
			break
		}
	}
	if last.Want(507).Code() != "storage_full" {
		t.Errorf("%s", last.Body)
	}
	srv.Do(ada, "DELETE", path("/api/uploads/", u.ID), nil).Want(204)
	settle(t, "nothing is left", func() bool { return lying(t, srv.Dir) == before })

	attached(srv, ada, "1", map[string]string{"body": "this fits"}, file{"a.bin", small})
	var page struct{ Messages []fileMessage }
	srv.Do(ada, "GET", "/api/rooms/1/messages", nil).Want(200).JSON(&page)
	if len(page.Messages) != 1 || page.Messages[0].Body != "this fits" {
		t.Errorf("%+v", page.Messages)
	}
}
