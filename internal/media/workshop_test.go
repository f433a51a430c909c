package media

import (
	"bytes"
	"context"
	"errors"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// gate is a source that can be read once it is open.
type gate struct {
	*bytes.Reader
	open chan struct{}
}

func (g gate) ReadAt(p []byte, at int64) (int, error) {
	<-g.open
	return g.Reader.ReadAt(p, at)
}

func TestWorkshopBoundsWhatIsMadeAndWhatWaits(t *testing.T) {
	file := asPNG(t, corners(20, 20))
	synctest.Test(t, func(t *testing.T) {
		w := NewWorkshop(Options{Workers: 2, Queue: 1})
		g := gate{bytes.NewReader(file), make(chan struct{})}
		made := make(chan error, 3)
		for range 3 {
			go func() {
				_, err := w.Thumbnail(t.Context(), g, Box{10, 10})
				made <- err
			}()
		}
		synctest.Wait()
		if n := len(w.workers); n != 2 {
			t.Errorf("%d are being made", n)
		}
		if _, err := w.Thumbnail(t.Context(), bytes.NewReader(file), Box{10, 10}); !errors.Is(err, ErrBusy) {
			t.Errorf("the fourth: %v", err)
		}
		close(g.open)
		for range 3 {
			if err := <-made; err != nil {
				t.Error(err)
			}
		}
		if _, err := w.Thumbnail(t.Context(), bytes.NewReader(file), Box{10, 10}); err != nil {
			t.Errorf("afterwards: %v", err)
		}
	})
}

func TestWorkshopGivesUpWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := NewWorkshop(Options{Workers: 1, Queue: 1})
		ctx, cancel := context.WithCancel(t.Context())
		w.workers <- struct{}{}
		waited := make(chan error)
		go func() {
			_, err := w.Thumbnail(ctx, bytes.NewReader(nil), Box{10, 10})
			waited <- err
		}()
		synctest.Wait()
		cancel()
		if err := <-waited; !errors.Is(err, context.Canceled) {
			t.Errorf("while waiting: %v", err)
		}
		<-w.workers
		if _, err := w.Thumbnail(ctx, bytes.NewReader(asPNG(t, corners(9, 9))), Box{10, 10}); !errors.Is(err, context.Canceled) {
			t.Errorf("while reading: %v", err)
		}
		if len(w.waiting)+len(w.workers) != 0 {
			t.Error("a turn was not given back")
		}
	})
}

// Two pictures that would take more memory than there is are made one after
// the other, and one that has to wait for memory can be given up.
func TestWorkshopSharesItsMemory(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := NewWorkshop(Options{Workers: 3})
		first, err := w.claim(t.Context(), MaxMemory*3/4)
		if err != nil {
			t.Fatal(err)
		}
		small, err := w.claim(t.Context(), MaxMemory/8)
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		waited := make(chan error)
		go func() {
			_, err := w.claim(ctx, MaxMemory)
			waited <- err
		}()
		synctest.Wait()
		cancel()
		if err := <-waited; !errors.Is(err, context.Canceled) {
			t.Errorf("%v", err)
		}
		first()
		small()
		if len(w.memory)+len(w.claiming) != 0 {
			t.Error("memory was not given back")
		}
	})
}

// panics is a source whose reader panics, as a decoder with a fault would.
type panics struct{ *bytes.Reader }

func (panics) ReadAt([]byte, int64) (int, error) { panic("index out of range") }

func TestPanicsDoNotEscape(t *testing.T) {
	w := NewWorkshop(Options{Workers: 1})
	src := panics{bytes.NewReader([]byte("x"))}
	if _, err := w.Thumbnail(t.Context(), src, Box{10, 10}); !errors.Is(err, ErrMalformed) {
		t.Errorf("Thumbnail: %v", err)
	}
	if _, err := w.Square(t.Context(), src, SquareOptions{Side: 10}); !errors.Is(err, ErrMalformed) {
		t.Errorf("Square: %v", err)
	}
	if _, err := w.Inspect(src); !errors.Is(err, ErrMalformed) {
		t.Errorf("Inspect: %v", err)
	}
}

// program writes a script in ffmpeg's place.
func program(t *testing.T, script string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "ffmpeg")
	if err := os.WriteFile(path, []byte("#!/bin/sh\n"+script), 0o700); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestPosterRunsTheProgramInItsBounds(t *testing.T) {
	dir := t.TempDir()
	frame := filepath.Join(dir, "frame.jpg")
	if err := os.WriteFile(frame, asJPEG(t, corners(300, 200)), 0o600); err != nil {
		t.Fatal(err)
	}
	args := filepath.Join(dir, "args")
	good := program(t, `printf '%s\n' "$@" >`+args+`; ulimit -v >>`+args+`; ulimit -t >>`+args+`; cat `+frame)
	w := NewWorkshop(Options{FFmpeg: good})
	p, err := w.Poster(t.Context(), filepath.Join(dir, "-odd; name.mp4"), MP4, Box{150, 150})
	if err != nil || p.Width != 150 || p.Height != 100 {
		t.Fatalf("%+v, %v", p, err)
	}
	got, err := os.ReadFile(args)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"-protocol_whitelist\nfile\n-f\nmov\n-i\nfile:" + dir + "/-odd; name.mp4\n", "\n1048576\n11\n"} {
		if !strings.Contains(string(got), want) {
			t.Errorf("the program was not given %q:\n%s", want, got)
		}
	}
	for name, script := range map[string]string{
		"fails":           "exit 1",
		"answers nothing": "exit 0",
		"answers text":    "echo hello",
		"never ends":      "while :; do :; done",
		"floods":          "while :; do cat " + frame + "; done",
	} {
		w := NewWorkshop(Options{FFmpeg: program(t, script), PosterTime: time.Second})
		if p, err := w.Poster(t.Context(), frame, MP4, ThumbnailBox); err == nil {
			t.Errorf("a program that %s: %d bytes", name, len(p.Data))
		}
	}
}

func TestNoPosterWithoutTheProgram(t *testing.T) {
	for ffmpeg, ty := range map[string]Type{"": MP4, "/bin/false": Text} {
		if _, err := NewWorkshop(Options{FFmpeg: ffmpeg}).Poster(t.Context(), "/dev/null", ty, ThumbnailBox); !errors.Is(err, ErrUnsupported) {
			t.Errorf("%q, %s: %v", ffmpeg, ty.Name, err)
		}
	}
}

// The real program, where it is installed, understands what it is told.
func TestPosterOfARealVideo(t *testing.T) {
	ffmpeg := FindFFmpeg()
	if ffmpeg == "" {
		t.Skip("skipped: ffmpeg is not installed")
	}
	dir := t.TempDir()
	w := NewWorkshop(Options{FFmpeg: ffmpeg, Limits: usual, PosterTime: time.Minute})
	for name, c := range map[string]struct {
		arguments []string
		is        Type
		w, h      int
	}{
		"small.mp4": {[]string{"-i", "testsrc=duration=1:size=320x180:rate=10", "-c:v", "mpeg4"}, MP4, 320, 180},
		"large.mov": {[]string{"-i", "testsrc=duration=0.2:size=3840x2160:rate=10", "-c:v", "mjpeg"}, MOV, 1200, 675},
		"web.webm":  {[]string{"-i", "testsrc=duration=0.3:size=300x200:rate=10", "-c:v", "libvpx"}, WebM, 300, 200},
		"film.mkv":  {[]string{"-i", "testsrc=duration=0.3:size=300x200:rate=10", "-c:v", "mpeg4"}, MKV, 300, 200},
	} {
		path := filepath.Join(dir, name)
		arguments := append(append([]string{"-nostdin", "-loglevel", "error", "-f", "lavfi"}, c.arguments...), path)
		if out, err := exec.CommandContext(t.Context(), ffmpeg, arguments...).CombinedOutput(); err != nil {
			t.Fatalf("%s: %v: %s", name, err, out)
		}
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if got := Sniff(b); got != c.is {
			t.Errorf("%s: %s", name, got.Name)
		}
		p, err := w.Poster(t.Context(), path, c.is, ThumbnailBox)
		if err != nil || p.Width != c.w || p.Height != c.h || p.Type != JPEG {
			t.Errorf("%s: %+v, %v", name, p, err)
		}
	}
	// A playlist that calls itself a video leads nowhere: neither to a file
	// beside it nor to a server.
	heard := make(chan struct{}, 8)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			c.Close()
			heard <- struct{}{}
		}
	}()
	for _, target := range []string{"http://" + l.Addr().String() + "/a.ts", "file:" + filepath.Join(dir, "small.mp4"), filepath.Join(dir, "small.mp4")} {
		path := filepath.Join(dir, "list.mp4")
		if err := os.WriteFile(path, []byte("#EXTM3U\n#EXTINF:1,\n"+target+"\n#EXT-X-ENDLIST\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		for _, is := range []Type{MP4, WebM} {
			if p, err := w.Poster(t.Context(), path, is, ThumbnailBox); err == nil {
				t.Errorf("a playlist of %s became a picture of %d bytes", target, len(p.Data))
			}
		}
	}
	if len(heard) > 0 {
		t.Error("the playlist's server was asked")
	}
}
