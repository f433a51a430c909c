package campfiretest

import (
	"bytes"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// Bucket is a bucket of a service that speaks S3 and is none of ours.
type Bucket struct {
	Endpoint, Name, AccessKey, SecretKey string
	Dir                                  string // where its objects are files
}

// S3 starts Versity's gateway on a directory with one bucket, or skips the
// test. It ends with the test.
func S3(t testing.TB) *Bucket {
	t.Helper()
	path, err := exec.LookPath("versitygw")
	if err != nil {
		Missing(t, "versitygw")
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := l.Addr().String()
	l.Close()
	root := t.TempDir()
	b := &Bucket{Endpoint: "http://" + addr, Name: "tea", AccessKey: "kettle", SecretKey: "a secret of the kettle", Dir: filepath.Join(root, "objects", "tea")}
	sidecar := filepath.Join(root, "attributes") // not every file system has them
	for _, dir := range []string{b.Dir, sidecar} {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	var log bytes.Buffer
	cmd := exec.Command(path, "--quiet", "--port", addr, "--access", b.AccessKey, "--secret", b.SecretKey, "posix", "--sidecar", sidecar, filepath.Dir(b.Dir))
	cmd.Stdout, cmd.Stderr = &log, &log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = cmd.Wait()
	}()
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		<-ended
		if t.Failed() {
			t.Logf("the S3 service: %s", &log)
		}
	})
	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		conn, err := net.DialTimeout("tcp", addr, time.Second)
		if err == nil {
			conn.Close()
			return b
		}
		select {
		case <-ended:
			t.Fatal("the S3 service ended by itself")
		default:
		}
		if time.Now().After(deadline) {
			t.Fatal("the S3 service does not listen")
		}
	}
}
