package blob_test

import (
	"bufio"
	"bytes"
	"crypto/md5"
	"encoding/hex"
	"encoding/xml"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"campfire/internal/blob"
	"campfire/internal/campfiretest"
)

// bucket is an S3 service with one bucket, as far as a store needs it: whole
// objects and those in parts, ranges, listings. Every request must be signed.
type bucket struct {
	t        *testing.T
	mu       sync.Mutex
	objects  map[string][]byte
	modified map[string]time.Time
	uploads  map[string]map[int][]byte
	seen     map[string]int // kinds of requests
}

func (b *bucket) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if auth := r.Header.Get("Authorization"); !strings.HasPrefix(auth, "AWS4-HMAC-SHA256 Credential=key/") || !strings.Contains(auth, "Signature=") {
		b.t.Errorf("%s %s is not signed: %q", r.Method, r.URL, auth)
		w.WriteHeader(http.StatusForbidden)
		return
	}
	if r.Header.Get("X-Amz-Content-Sha256") == "" || r.Header.Get("X-Amz-Date") == "" {
		b.t.Errorf("%s %s: %v", r.Method, r.URL, r.Header)
	}
	name, ok := strings.CutPrefix(r.URL.Path, "/tea/")
	if !ok {
		fail(w, http.StatusNotFound, "NoSuchBucket")
		return
	}
	q := r.URL.Query()
	switch {
	case name == "" && r.Method == http.MethodHead:
	case name == "" && q.Has("list-type"):
		b.list(w, q.Get("prefix"))
	case r.Method == http.MethodPost && q.Has("uploads"):
		b.uploads[name] = make(map[int][]byte)
		answer(w, struct {
			XMLName  xml.Name `xml:"InitiateMultipartUploadResult"`
			UploadID string   `xml:"UploadId"`
		}{UploadID: "u1"})
	case r.Method == http.MethodPut && q.Has("partNumber"):
		b.seen["part"]++
		n, _ := strconv.Atoi(q.Get("partNumber"))
		data := body(b.t, r)
		b.uploads[name][n] = data
		w.Header().Set("ETag", tag(data))
	case r.Method == http.MethodPost && q.Has("uploadId"):
		io.Copy(io.Discard, r.Body)
		var whole []byte
		for n := 1; n <= len(b.uploads[name]); n++ {
			whole = append(whole, b.uploads[name][n]...)
		}
		b.put(name, whole)
		answer(w, struct {
			XMLName xml.Name `xml:"CompleteMultipartUploadResult"`
			Bucket  string
			ETag    string
		}{Bucket: "tea", ETag: tag(whole)})
	case r.Method == http.MethodPut:
		b.seen["put"]++
		data := body(b.t, r)
		b.put(name, data)
		w.Header().Set("ETag", tag(data))
	case r.Method == http.MethodDelete:
		delete(b.objects, name)
		w.WriteHeader(http.StatusNoContent)
	default:
		data, ok := b.objects[name]
		if !ok {
			fail(w, http.StatusNotFound, "NoSuchKey")
			return
		}
		if r.Header.Get("Range") != "" {
			b.seen["range"]++
		}
		w.Header().Set("ETag", tag(data))
		http.ServeContent(w, r, "", b.modified[name], bytes.NewReader(data))
	}
}

func (b *bucket) put(name string, data []byte) {
	b.objects[name], b.modified[name] = data, time.Now()
}

func (b *bucket) list(w http.ResponseWriter, prefix string) {
	type object struct {
		Key          string
		LastModified string
		Size         int
	}
	var list struct {
		XMLName  xml.Name `xml:"ListBucketResult"`
		Contents []object
	}
	for name, data := range b.objects {
		if strings.HasPrefix(name, prefix) {
			list.Contents = append(list.Contents, object{name, b.modified[name].UTC().Format(time.RFC3339), len(data)})
		}
	}
	slices.SortFunc(list.Contents, func(a, b object) int { return strings.Compare(a.Key, b.Key) })
	answer(w, list)
}

func answer(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/xml")
	xml.NewEncoder(w).Encode(v)
}

func fail(w http.ResponseWriter, status int, code string) {
	w.Header().Set("Content-Type", "application/xml")
	w.WriteHeader(status)
	fmt.Fprintf(w, "<Error><Code>%s</Code></Error>", code)
}

func tag(data []byte) string {
	sum := md5.Sum(data)
	return `"` + hex.EncodeToString(sum[:]) + `"`
}

// body reads what was sent; over plain HTTP it comes in signed chunks.
func body(t *testing.T, r *http.Request) []byte {
	if !strings.HasPrefix(r.Header.Get("X-Amz-Content-Sha256"), "STREAMING-") {
		data, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		return data
	}
	var data []byte
	in := bufio.NewReader(r.Body)
	for {
		line, err := in.ReadString('\n')
		if err != nil {
			t.Error(err)
			return data
		}
		size, signature, _ := strings.Cut(strings.TrimSpace(line), ";")
		n, err := strconv.ParseInt(size, 16, 64)
		if err != nil || !strings.HasPrefix(signature, "chunk-signature=") {
			t.Errorf("chunk %q", line)
			return data
		}
		if n == 0 {
			io.Copy(io.Discard, in)
			return data
		}
		chunk := make([]byte, n+2)
		if _, err := io.ReadFull(in, chunk); err != nil {
			t.Error(err)
			return data
		}
		data = append(data, chunk[:n]...)
	}
}

func TestS3(t *testing.T) {
	fake := &bucket{t: t, objects: make(map[string][]byte), modified: make(map[string]time.Time), uploads: make(map[string]map[int][]byte), seen: make(map[string]int)}
	srv := httptest.NewServer(fake)
	defer srv.Close()
	o := blob.S3Options{Endpoint: srv.URL, Bucket: "tea", AccessKey: "key", SecretKey: "secret"}
	s, err := blob.NewS3(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	fake.put("somebody/else", []byte("x")) // not ours
	contract(t, drafts(t, t.TempDir()), s)
	if fake.seen["part"] < 2 || fake.seen["put"] < 2 || fake.seen["range"] < 3 {
		t.Errorf("requests: %v", fake.seen)
	}
	if _, ok := fake.objects["somebody/else"]; !ok {
		t.Error("what is not ours is gone")
	}
	for _, wrong := range []blob.S3Options{{Endpoint: srv.URL, Bucket: "coffee", AccessKey: "key", SecretKey: "secret"}, {Endpoint: "nonsense", Bucket: "tea"}} {
		if _, err := blob.NewS3(t.Context(), wrong); err == nil {
			t.Errorf("%+v opens", wrong)
		} else {
			t.Log(err)
		}
	}
}

// The same against a service that others wrote, and that looks at signatures.
func TestS3OfOthers(t *testing.T) {
	b := campfiretest.S3(t)
	o := blob.S3Options{Endpoint: b.Endpoint, Bucket: b.Name, AccessKey: b.AccessKey, SecretKey: b.SecretKey}
	s, err := blob.NewS3(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	contract(t, drafts(t, t.TempDir()), s)
	for what, change := range map[string]func(*blob.S3Options){
		"another's secret": func(o *blob.S3Options) { o.SecretKey = "a secret of the teapot" },
		"nobody's key":     func(o *blob.S3Options) { o.AccessKey = "teapot" },
		"no such bucket":   func(o *blob.S3Options) { o.Bucket = "coffee" },
	} {
		wrong := o
		change(&wrong)
		if _, err := blob.NewS3(t.Context(), wrong); err == nil {
			t.Errorf("with %s the bucket opens", what)
		} else {
			t.Log(err)
		}
	}
}
