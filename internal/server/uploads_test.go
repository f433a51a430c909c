package server_test

import (
	"bufio"
	"bytes"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"

	"campfire/internal/campfiretest"
)

type upload struct {
	ID         int64
	Filename   string
	ByteSize   int64 `json:"byte_size"`
	Offset     int64
	ChunkBytes int64 `json:"chunk_bytes"`
}

func begin(srv *campfiretest.Server, token, name string, size int) upload {
	var in struct{ Upload upload }
	srv.Do(token, "POST", "/api/uploads", map[string]any{"filename": name, "byte_size": size}).Want(201).JSON(&in)
	return in.Upload
}

func piece(srv *campfiretest.Server, token string, id int64, offset int, data []byte) *campfiretest.Answer {
	return srv.Do(token, "PATCH", path("/api/uploads/", id), data, "Content-Type", "application/octet-stream", "Upload-Offset", strconv.Itoa(offset))
}

func TestAnUploadComesInPieces(t *testing.T) {
	srv := campfiretest.New(t, "CAMPFIRE_UPLOAD_CHUNK=64KiB")
	ada := srv.SetUp()
	bo := srv.Join(ada, "Bo")
	data := make([]byte, 150_000)
	rand.Read(data)
	u := begin(srv, ada, `..\x/report.bin`, len(data))
	if u.Filename != "report.bin" || u.ByteSize != 150_000 || u.Offset != 0 || u.ChunkBytes != 64<<10 {
		t.Fatalf("%+v", u)
	}
	post := func(token string, ids ...int64) *campfiretest.Answer {
		return srv.Do(token, "POST", "/api/rooms/1/messages", map[string]any{"body": "", "upload_ids": ids, "client_message_id": "u1"})
	}
	a := piece(srv, ada, u.ID, 0, data[:50_000]).Want(200)
	if a.Header.Get("Upload-Offset") != "50000" {
		t.Errorf("stands at %q", a.Header.Get("Upload-Offset"))
	}
	// What does not continue it is refused, and told where it stands.
	for _, offset := range []int{0, 49_999, 50_001, 150_000} {
		if a := piece(srv, ada, u.ID, offset, data[:10]).Want(409); a.Header.Get("Upload-Offset") != "50000" {
			t.Errorf("from %d: stands at %q", offset, a.Header.Get("Upload-Offset"))
		}
	}
	piece(srv, ada, u.ID, 50_000, make([]byte, 64<<10+1)).Want(413)
	var now struct{ Upload upload }
	srv.Do(ada, "GET", path("/api/uploads/", u.ID), nil).Want(200).JSON(&now)
	if now.Upload.Offset != 50_000+64<<10 {
		t.Fatalf("%+v", now.Upload)
	}
	post(ada, u.ID).Want(422) // not whole

	// It is its owner's alone, and goes on after the server was stopped.
	srv.Do(bo, "GET", path("/api/uploads/", u.ID), nil).Want(404)
	piece(srv, bo, u.ID, int(now.Upload.Offset), data[:1]).Want(404)
	srv.Do(bo, "DELETE", path("/api/uploads/", u.ID), nil).Want(404)
	srv.Do("", "GET", path("/api/uploads/", u.ID), nil).Want(401)
	srv.Restart()
	// The piece that was too long had other bytes; this upload is given up.
	srv.Do(ada, "DELETE", path("/api/uploads/", u.ID), nil).Want(204)
	srv.Do(ada, "GET", path("/api/uploads/", u.ID), nil).Want(404)
	piece(srv, ada, u.ID, int(now.Upload.Offset), data[:1]).Want(404)
	settle(t, "its bytes are gone", func() bool { return lying(t, srv.Dir) == 0 })

	u = begin(srv, ada, "report.bin", len(data))
	piece(srv, ada, u.ID, 0, data[:60_000]).Want(200)
	srv.Restart()
	piece(srv, ada, u.ID, 60_000, data[60_000:120_000]).Want(200)
	piece(srv, ada, u.ID, 120_000, data[120_000:]).Want(200)
	piece(srv, ada, u.ID, 150_000, nil).Want(200) // said again: it is whole
	piece(srv, ada, u.ID, 120_000, data[120_000:]).Want(409)
	post(bo, u.ID).Want(422) // not theirs
	var posted struct{ Message fileMessage }
	post(ada, u.ID).Want(201).JSON(&posted)
	var again struct{ Message fileMessage }
	post(ada, u.ID).Want(200).JSON(&again)
	if again.Message.ID != posted.Message.ID || len(again.Message.Attachments) != 1 {
		t.Errorf("%+v, then %+v", posted, again)
	}
	post(ada).Want(422)
	post(ada, u.ID, u.ID+1).Want(409) // another draft under the same id
	srv.Do(ada, "POST", "/api/rooms/1/messages", map[string]any{"body": "", "upload_ids": []int64{u.ID}}).Want(422)
	srv.Do(ada, "DELETE", path("/api/uploads/", u.ID), nil).Want(404)
	if got := srv.Do(bo, "GET", posted.Message.Attachments[0].URL, nil).Want(200).Body; !bytes.Equal(got, data) {
		t.Errorf("%d bytes came back, other ones", len(got))
	}

	// Several hang on a message in the order that was asked for; an empty one is whole at once.
	first, second := begin(srv, ada, "b.txt", 1), begin(srv, ada, "empty.txt", 0)
	piece(srv, ada, first.ID, 0, []byte("b")).Want(200)
	srv.Do(ada, "POST", "/api/rooms/1/messages", map[string]any{"upload_ids": []int64{second.ID, first.ID}}).Want(201).JSON(&posted)
	if f := posted.Message.Attachments; len(f) != 2 || f[0].Filename != "empty.txt" || f[1].Filename != "b.txt" {
		t.Errorf("%+v", f)
	}
	for _, body := range []any{map[string]any{"filename": "x"}, map[string]any{"filename": "x", "byte_size": -1}, map[string]any{"filename": "x", "byte_size": "1"}} {
		srv.Do(ada, "POST", "/api/uploads", body).Want(422)
	}
	srv.Do(ada, "PATCH", path("/api/uploads/", first.ID), []byte("x"), "Upload-Offset", "0").Want(415)
	srv.Do(ada, "PATCH", path("/api/uploads/", first.ID), []byte("x"), "Content-Type", "application/octet-stream").Want(422)
}

// What is begun and not finished leaves nothing, whichever way it ends.
func TestACutPostLeavesNothing(t *testing.T) {
	srv := campfiretest.New(t)
	ada := srv.SetUp()
	body, kind := form(map[string]string{"body": "half"}, file{"a.bin", make([]byte, 300_000)}, file{"b.bin", make([]byte, 300_000)})
	for _, cut := range []int{200, 150_000, 450_000, len(body) - 10} {
		c, err := net.Dial("tcp", strings.TrimPrefix(srv.URL, "http://"))
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(c, "POST /api/rooms/1/messages HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\n", ada, kind, len(body))
		if _, err := c.Write(body[:cut]); err != nil {
			t.Fatal(err)
		}
		c.(*net.TCPConn).CloseWrite()
		resp, err := http.ReadResponse(bufio.NewReader(c), nil)
		if err != nil || resp.StatusCode != 400 {
			t.Errorf("cut at %d: %v, %v", cut, resp, err)
		}
		c.Close()
	}
	for _, bad := range []string{"multipart/form-data", "multipart/form-data; boundary=other"} {
		srv.Do(ada, "POST", "/api/rooms/1/messages", body, "Content-Type", bad).Want(400)
	}
	postFiles(srv, ada, "1", map[string]string{"surprise": "x"}, file{"a.bin", []byte("a")}).Want(422)
	postFiles(srv, ada, "1", map[string]string{"body": strings.Repeat("a", 300<<10)}, file{"a.bin", []byte("a")}).Want(413)
	postFiles(srv, ada, "1", map[string]string{"body": strings.Repeat("a", 33<<10)}, file{"a.bin", []byte("a")}).Want(422)
	settle(t, "nothing is left", func() bool { return lying(t, srv.Dir) == 0 })
	var page struct{ Messages []fileMessage }
	srv.Do(ada, "GET", "/api/rooms/1/messages", nil).Want(200).JSON(&page)
	if len(page.Messages) != 0 {
		t.Errorf("%d messages", len(page.Messages))
	}
}

// Each bound is tried at what it allows, and one beyond.
func TestBoundsOfFiles(t *testing.T) {
	srv := campfiretest.New(t, "CAMPFIRE_MAX_UPLOAD=1000", "CAMPFIRE_MAX_PARTS=3", "CAMPFIRE_USER_QUOTA=5000", "CAMPFIRE_TOTAL_QUOTA=8000", "CAMPFIRE_RATE_UPLOAD=100/h")
	ada := srv.SetUp()
	bo := srv.Join(ada, "Bo")
	f := func(n int) file { return file{"f.bin", make([]byte, n)} }
	postFiles(srv, ada, "1", nil, f(1001)).Want(413)
	srv.Do(ada, "POST", "/api/uploads", map[string]any{"filename": "x", "byte_size": 1001}).Want(413)
	postFiles(srv, ada, "1", nil, f(1), f(1), f(1), f(1)).Want(422)
	attached(srv, ada, "1", nil, f(1000), f(1000), f(998)) // 2,998 of 5,000; 2,998 of 8,000
	u := begin(srv, ada, "announced", 1000)                // 3,998
	begin(srv, ada, "announced", 1000)                     // 4,998
	if code := postFiles(srv, ada, "1", nil, f(3)).Want(507).Code(); code != "storage_full" {
		t.Errorf("code %q", code)
	}
	srv.Do(ada, "POST", "/api/uploads", map[string]any{"filename": "x", "byte_size": 3}).Want(507)
	attached(srv, ada, "1", nil, f(0))
	// What was given up counts no more.
	srv.Do(ada, "DELETE", path("/api/uploads/", u.ID), nil).Want(204)
	attached(srv, ada, "1", nil, f(1000)) // 4,998 in all
	attached(srv, bo, "1", nil, f(1000), f(1000), f(1000))
	attached(srv, bo, "1", nil, f(2)) // 8,000 in all
	postFiles(srv, bo, "1", nil, f(1)).Want(507)
	// Posts of text are not concerned.
	srv.Do(bo, "POST", "/api/rooms/1/messages", map[string]string{"body": "still here"}).Want(201)

	limited := campfiretest.New(t, "CAMPFIRE_RATE_UPLOAD=3/h")
	ada = limited.SetUp()
	attached(limited, ada, "1", nil, f(1))
	begin(limited, ada, "a", 1)
	u = begin(limited, ada, "b", 1)
	if a := postFiles(limited, ada, "1", nil, f(1)).Want(429); a.Header.Get("Retry-After") == "" {
		t.Error("no Retry-After")
	}
	limited.Do(ada, "POST", "/api/uploads", map[string]any{"filename": "x", "byte_size": 1}).Want(429)
	piece(limited, ada, u.ID, 0, []byte("b")).Want(200) // pieces are not counted
	limited.Do(ada, "POST", "/api/rooms/1/messages", map[string]any{"upload_ids": []int64{u.ID}}).Want(201)
}

// Where too little of the disk is free no upload begins, and posts go on.
func TestUploadsLeaveTheDiskRoom(t *testing.T) {
	srv := campfiretest.New(t, "CAMPFIRE_MIN_FREE_DISK=1000000GiB")
	ada := srv.SetUp()
	if code := postFiles(srv, ada, "1", nil, file{"a.txt", []byte("a")}).Want(507).Code(); code != "storage_full" {
		t.Errorf("code %q", code)
	}
	srv.Do(ada, "POST", "/api/uploads", map[string]any{"filename": "x", "byte_size": 1}).Want(507)
	srv.Do(ada, "POST", "/api/rooms/1/messages", map[string]string{"body": "words"}).Want(201)
	if n := lying(t, srv.Dir); n != 0 {
		t.Errorf("%d files lie there", n)
	}
}

// Many uploads at once are all whole, each its own.
func TestAHundredUploadsAtOnce(t *testing.T) {
	srv := campfiretest.New(t)
	ada := srv.SetUp()
	data := make([]byte, 256<<10)
	rand.Read(data)
	var all sync.WaitGroup
	ids := make([]int64, 100)
	for i := range ids {
		all.Go(func() {
			var in struct{ Message fileMessage }
			body, kind := form(map[string]string{"client_message_id": fmt.Sprint("m", i)}, file{fmt.Sprint(i, ".bin"), append([]byte{byte(i)}, data...)})
			req, err := http.NewRequest("POST", srv.URL+"/api/rooms/1/messages", bytes.NewReader(body))
			if err != nil {
				t.Error(err)
				return
			}
			req.Header.Set("Authorization", "Bearer "+ada)
			req.Header.Set("Content-Type", kind)
			resp, err := http.DefaultClient.Do(req)
			if err != nil {
				t.Error(err)
				return
			}
			defer resp.Body.Close()
			answer, err := io.ReadAll(resp.Body)
			if err != nil || resp.StatusCode != 201 {
				t.Errorf("%d %s %v", resp.StatusCode, answer, err)
				return
			}
			if err := json.Unmarshal(answer, &in); err != nil {
				t.Error(err)
				return
			}
			ids[i] = in.Message.Attachments[0].ID
		})
	}
	all.Wait()
	for i, id := range ids {
		got := srv.Do(ada, "GET", fmt.Sprintf("/files/%d/x", id), nil).Want(200).Body
		if len(got) != len(data)+1 || got[0] != byte(i) || !bytes.Equal(got[1:], data) {
			t.Errorf("file %d is another", i)
		}
	}
	if n := lying(t, srv.Dir); n != 100 {
		t.Errorf("%d files lie there", n)
	}
}

// What a process that was killed left on its way is gone at the next start,
// but for uploads that are gone on with.
func TestDraftsOfAKilledProcessAreDropped(t *testing.T) {
	srv := campfiretest.New(t)
	ada := srv.SetUp()
	u := begin(srv, ada, "a.bin", 10)
	piece(srv, ada, u.ID, 0, []byte("01234")).Want(200)
	srv.Stop()
	left := filepath.Join(srv.Dir, "files", "incoming", strings.Repeat("q", 26))
	if err := os.WriteFile(left, []byte("left"), 0o600); err != nil {
		t.Fatal(err)
	}
	srv.Start()
	if _, err := os.Stat(left); !os.IsNotExist(err) {
		t.Errorf("it is still there: %v", err)
	}
	piece(srv, ada, u.ID, 5, []byte("56789")).Want(200)
	srv.Do(ada, "POST", "/api/rooms/1/messages", map[string]any{"upload_ids": []int64{u.ID}}).Want(201)
}

// A body that trickles is cut off; one that keeps up is not, however long it
// takes in all.
func TestBodiesMustKeepUp(t *testing.T) {
	if testing.Short() {
		t.Skip("takes a window of ten seconds")
	}
	srv := campfiretest.New(t, "CAMPFIRE_MIN_BODY_RATE=100KiB")
	ada := srv.SetUp()
	body, kind := form(nil, file{"a.bin", make([]byte, 300_000)})
	c, err := net.Dial("tcp", strings.TrimPrefix(srv.URL, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	fmt.Fprintf(c, "POST /api/rooms/1/messages HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\n", ada, kind, len(body))
	if _, err := c.Write(body[:1000]); err != nil {
		t.Fatal(err)
	}
	resp, err := http.ReadResponse(bufio.NewReader(c), nil) // nothing more is sent
	if err != nil {
		t.Fatal(err)
	}
	if answer, _ := io.ReadAll(resp.Body); resp.StatusCode != 400 || !strings.Contains(string(answer), "too slowly") {
		t.Errorf("%d %s", resp.StatusCode, answer)
	}
	settle(t, "nothing is left", func() bool { return lying(t, srv.Dir) == 0 })
}
