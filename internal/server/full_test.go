package server_test

import (
	"bytes"
	"crypto/rand"
	"fmt"
	"image"
	"image/jpeg"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"campfire/internal/campfiretest"

	"golang.org/x/sys/unix"
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
		cmd := exec.Command(unshare, "-Urm", "/bin/sh", "-c", `mount -t tmpfs -o size=24m none "$1" && TMPDIR="$1" GOTMPDIR="$1" exec "$2" -test.run '^TestAFullDisk$' -test.v`, "sh", dir, os.Args[0])
		cmd.Env = append(os.Environ(), "CAMPFIRE_TEST_SMALL_DISK=1")
		out, err := cmd.CombinedOutput()
		if err != nil || !strings.Contains(string(out), "--- PASS") {
			t.Fatalf("%v\n%s", err, out)
		}
		return
	}
	srv := campfiretest.New(t, "CAMPFIRE_RATE_UPLOAD=off", "CAMPFIRE_RATE_POST=off")
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

	wherever(t, srv, ada)
}

// wherever has the disk be full at each place of an upload: its first byte,
// its last, the copy without what the camera wrote, the small picture, the
// rows. Each time it is stored whole or not at all.
func wherever(t *testing.T, srv *campfiretest.Server, ada string) {
	disk := os.TempDir()
	ballast, err := os.Create(filepath.Join(disk, "ballast"))
	if err != nil {
		t.Fatal(err)
	}
	defer ballast.Close()
	// leave fills the disk up to so many bytes.
	leave := func(free int64) {
		t.Helper()
		if err := ballast.Truncate(0); err != nil {
			t.Fatal(err)
		}
		var st unix.Statfs_t
		if err := unix.Statfs(disk, &st); err != nil {
			t.Fatal(err)
		}
		if n := int64(st.Bavail)*int64(st.Bsize) - free; n > 0 {
			if err := unix.Fallocate(int(ballast.Fd()), 0, 0, n); err != nil {
				t.Fatal(err)
			}
		}
	}
	noise := image.NewGray(image.Rect(0, 0, 1300, 900))
	for i := range noise.Pix {
		noise.Pix[i] = uint8(i%1300/8 + i/1300*16%23)
	}
	var photo bytes.Buffer
	if err := jpeg.Encode(&photo, noise, &jpeg.Options{Quality: 95}); err != nil {
		t.Fatal(err)
	}
	plain := photo.Bytes()
	camera := slices.Concat(plain[:2], []byte("\xff\xfe\x00\x06note"), plain[2:])
	kept := lying(t, srv.Dir)
	stored, refused := 0, 0
	for free := int64(0); free < 3*int64(len(camera)); free += 24 << 10 {
		leave(free)
		a := postFiles(srv, ada, "1", map[string]string{"body": fmt.Sprint("with ", free)}, file{"photo.jpg", camera})
		switch a.Status {
		case 201:
			stored++
			kept += 2
			var in struct{ Message fileMessage }
			a.JSON(&in)
			if got := srv.Do(ada, "GET", in.Message.Attachments[0].URL, nil).Want(200).Body; !bytes.Equal(got, plain) {
				t.Errorf("with %d bytes free: %d bytes are stored of %d", free, len(got), len(plain))
			}
			srv.Do(ada, "GET", in.Message.Attachments[0].ThumbnailURL, nil).Want(200)
		case 507:
			refused++
		default:
			t.Errorf("with %d bytes free: %d %s", free, a.Status, a.Body)
		}
		if n := lying(t, srv.Dir); n != kept {
			t.Errorf("with %d bytes free, answered %d: %d files lie there, want %d", free, a.Status, n, kept)
			kept = n
		}
	}
	if stored == 0 || refused < 3 {
		t.Errorf("%d stored, %d refused", stored, refused)
	}
	if err := ballast.Truncate(0); err != nil {
		t.Fatal(err)
	}
	attached(srv, ada, "1", nil, file{"photo.jpg", camera})
	var page struct{ Messages []fileMessage }
	srv.Do(ada, "GET", "/api/rooms/1/messages?limit=100", nil).Want(200).JSON(&page)
	if len(page.Messages) != stored+2 {
		t.Errorf("%d messages, want %d", len(page.Messages), stored+2)
	}
	t.Logf("%d stored, %d refused", stored, refused)
}
