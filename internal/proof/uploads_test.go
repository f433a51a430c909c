package proof

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"mime/multipart"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"campfire/client"
)

// uploadMiB is how much memory the server may take for each upload that is
// under way, and uploadsMiB what it may take besides: far below the uploads.
const (
	uploadMiB  = 0.4
	uploadsMiB = 48
)

// A hundred films of ten MiB come at once, in one request each and then in
// pieces, all of them half there at the same time. None is held in memory.
func TestUploadsAreNotHeldInMemory(t *testing.T) {
	const uploads = 100
	film := film(size(2<<20, 10<<20))
	ctx := patience(t, 5*time.Minute)
	p := startProcess(t, "CAMPFIRE_RATE_UPLOAD=off", "CAMPFIRE_MIN_BODY_RATE=off")
	admin := setUp(t, ctx, p.url())
	result := map[string]any{"uploads": uploads, "bytes_each": len(film)}

	// One alone first: what all that an upload needs takes once.
	one := func() {
		if err := postFilm(ctx, p.url(), admin.Token(), bytes.NewReader(film), len(film)); err != nil {
			t.Fatal(err)
		}
	}
	one()
	before := p.memory("VmRSS")
	p.forgetPeak(t)
	one()
	result["peak_rss_of_one_mib"] = p.memory("VmHWM")

	for _, way := range []string{"whole", "pieces"} {
		p.forgetPeak(t)
		began := time.Now()
		half := make(chan struct{})
		var all sync.WaitGroup
		for range uploads {
			body := halting{bytes.NewReader(film), half}
			all.Go(func() {
				var err error
				if way == "whole" {
					err = postFilm(ctx, p.url(), admin.Token(), body, len(film))
				} else {
					err = sendFilm(ctx, p.url(), admin.Token(), body, len(film))
				}
				if err != nil {
					t.Errorf("%s: %v", way, err)
				}
			})
		}
		// Half of each is on the disk before the rest of any comes.
		soon := patience(t, time.Minute)
		for !incoming(t, p.dir, uploads, len(film)/2-(256<<10)) {
			if soon.Err() != nil {
				t.Errorf("%s: what has come is not on the disk", way)
				break
			}
			<-time.After(10 * time.Millisecond)
		}
		result["rss_all_half_there_mib_"+way] = p.memory("VmRSS")
		close(half)
		all.Wait()
		peak := p.memory("VmHWM")
		result["peak_rss_mib_"+way], result["took_s_"+way] = peak, time.Since(began).Seconds()
		if bound := before + uploadMiB*uploads + uploadsMiB; peak > bound {
			t.Errorf("%s: the server took %.0f MiB at most, more than the %.0f that %d uploads may cost it", way, peak, bound, uploads)
		}
	}
	result["rss_before_mib"], result["peak_heap_mib"] = before, p.scraped("memory_peak_bytes")/(1<<20)
	result["peak_rss_bound_mib"] = before + uploadMiB*uploads + uploadsMiB
	whole(t, ctx, admin, p.url(), 2*uploads+2, film)
	report(t, "uploads", result)
}

// forgetPeak has the system count anew what the most was.
func (p *process) forgetPeak(t *testing.T) {
	t.Helper()
	if p.memory("VmHWM") == 0 {
		t.Skip("this system does not tell a process's memory")
	}
	if err := os.WriteFile(fmt.Sprintf("/proc/%d/clear_refs", p.cmd.Process.Pid), []byte("5"), 0); err != nil {
		t.Fatal(err)
	}
}

// film is a film of so many bytes: the place where it was made stands at its end.
func film(n int) []byte {
	box := func(name string, content []byte) []byte {
		n := 8 + len(content)
		return append(append([]byte{byte(n >> 24), byte(n >> 16), byte(n >> 8), byte(n)}, name...), content...)
	}
	head := box("ftyp", []byte("isom\x00\x00\x00\x00isom"))
	tail := box("moov", box("udta", box("\xa9xyz", []byte("\x00\x12\x15\xc7+48.8584+002.2945/"))))
	pixels := make([]byte, n-len(head)-len(tail)-8)
	chacha := rand.NewChaCha8([32]byte{1})
	chacha.Read(pixels)
	return append(append(head, box("mdat", pixels)...), tail...)
}

// halting is a film of which the second half waits.
type halting struct {
	*bytes.Reader
	until <-chan struct{}
}

func (h halting) ReadAt(p []byte, at int64) (int, error) {
	if at+int64(len(p)) > h.Size()/2 {
		<-h.until
	}
	return h.Reader.ReadAt(p, at)
}

// postFilm posts a film in one request, as a bot does.
func postFilm(ctx context.Context, url, token string, film io.ReaderAt, n int) error {
	var head bytes.Buffer
	form := multipart.NewWriter(&head)
	if _, err := form.CreateFormFile("attachment", "film.mp4"); err != nil {
		return err
	}
	end := "\r\n--" + form.Boundary() + "--\r\n"
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url+"/api/rooms/1/messages", io.MultiReader(bytes.NewReader(head.Bytes()), io.NewSectionReader(film, 0, int64(n)), bytes.NewReader([]byte(end))))
	if err != nil {
		return err
	}
	req.ContentLength = int64(head.Len() + n + len(end))
	req.Header.Set("Authorization", "Bearer "+token)
	req.Header.Set("Content-Type", form.FormDataContentType())
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if answer, err := io.ReadAll(resp.Body); err != nil || resp.StatusCode != http.StatusCreated {
		return fmt.Errorf("%d, %v: %s", resp.StatusCode, err, answer)
	}
	return nil
}

// sendFilm sends a film in pieces and posts it, as the page does.
func sendFilm(ctx context.Context, url, token string, film io.ReaderAt, n int) error {
	c := client.New(url, token)
	id, err := c.Upload(ctx, "film.mp4", int64(n), film)
	if err != nil {
		return err
	}
	_, err = c.Post(ctx, 1, client.Draft{UploadIDs: []int64{id}})
	return err
}

// incoming reports whether so many files on their way have so many bytes.
func incoming(t *testing.T, dir string, files, size int) bool {
	t.Helper()
	entries, err := os.ReadDir(filepath.Join(dir, "files", "incoming"))
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if info, err := e.Info(); err == nil && info.Size() >= int64(size) {
			files--
		}
	}
	return files <= 0
}

// whole holds every film of the room against the one that was sent.
func whole(t *testing.T, ctx context.Context, c *client.Client, url string, films int, film []byte) {
	t.Helper()
	// Where it was made is gone; all up to there is as it was.
	same := len(film) - 64
	want := sha256.Sum256(film[:same])
	seen := 0
	for before := int64(0); ctx.Err() == nil; {
		address := url + "/api/rooms/1/messages?limit=100"
		if before > 0 {
			address += fmt.Sprint("&before=", before)
		}
		var page struct {
			Messages []struct {
				ID          int64
				Attachments []struct{ URL string }
			}
		}
		if err := fetch(ctx, c.Token(), address, func(r io.Reader) error { return json.NewDecoder(r).Decode(&page) }); err != nil {
			t.Fatal(err)
		}
		for i, m := range page.Messages {
			if i == 0 {
				before = m.ID
			}
			for _, a := range m.Attachments {
				seen++
				err := fetch(ctx, c.Token(), url+a.URL, func(r io.Reader) error {
					sum := sha256.New()
					if _, err := io.CopyN(sum, r, int64(same)); err != nil {
						return err
					}
					rest, err := io.ReadAll(r)
					if err == nil && ([32]byte(sum.Sum(nil)) != want || len(rest) != len(film)-same || bytes.Contains(rest, []byte("48.8584"))) {
						err = fmt.Errorf("it is another: its end is %q", rest)
					}
					return err
				})
				if err != nil {
					t.Errorf("film of message %d: %v", m.ID, err)
				}
			}
		}
		if len(page.Messages) == 0 {
			break
		}
	}
	if seen != films {
		t.Errorf("%d films are there, want %d", seen, films)
	}
}

func fetch(ctx context.Context, token, address string, read func(io.Reader) error) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return err
	}
	req.Header.Set("Authorization", "Bearer "+token)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("%s: %d", address, resp.StatusCode)
	}
	return read(resp.Body)
}
