package load_test

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"campfire/internal/campfiretest"
	"campfire/internal/load"
)

func TestSeedPostsEveryMessageOnceAndFindsItAgain(t *testing.T) {
	srv := campfiretest.New(t)
	state := filepath.Join(t.TempDir(), "state")
	args := []string{"--from", "testdata/sample.jsonl", "--url", srv.URL, "--state", state, "--verify"}
	var out, progress bytes.Buffer
	if err := load.Seed(t.Context(), args, &out, &progress); err != nil {
		t.Fatalf("%v\n%s%s", err, &out, &progress)
	}
	for _, want := range []string{"Posted 60 messages in 3 rooms by 15 accounts", "All 60 messages were found again"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("the report lacks %q:\n%s", want, &out)
		}
	}
	if fi, err := os.Stat(state); err != nil || fi.Mode().Perm() != 0o600 {
		t.Errorf("state file: %v, %v", fi.Mode(), err)
	}
	out.Reset()
	if err := load.Seed(t.Context(), args, &out, &progress); err != nil || !strings.Contains(out.String(), "were posted before") {
		t.Errorf("a second run: %v\n%s", err, &out)
	}
}

func TestSeedGoesOnWhereItStopped(t *testing.T) {
	srv := campfiretest.New(t)
	state := filepath.Join(t.TempDir(), "state")
	args := []string{"--from", "testdata/sample.jsonl", "--url", srv.URL, "--state", state, "--accounts-per-room", "2"}
	ctx, cancel := context.WithCancel(t.Context())
	var out bytes.Buffer
	err := load.Seed(ctx, args, &out, cancelOn{"messages", cancel})
	if err == nil {
		t.Log("it was done before it could be stopped")
	}
	out.Reset()
	if err := load.Seed(t.Context(), append(args, "--verify"), &out, new(bytes.Buffer)); err != nil {
		t.Fatalf("%v\n%s", err, &out)
	}
	if !strings.Contains(out.String(), "All 60 messages were found again") {
		t.Error(out.String())
	}
}

// cancelOn cancels when the progress first mentions a word.
type cancelOn struct {
	word   string
	cancel context.CancelFunc
}

func (c cancelOn) Write(p []byte) (int, error) {
	if strings.Contains(string(p), c.word) {
		c.cancel()
	}
	return len(p), nil
}

func TestSeedSaysWhatIsWrong(t *testing.T) {
	srv := campfiretest.New(t)
	srv.SetUp()
	bad := filepath.Join(t.TempDir(), "bad.jsonl")
	if err := os.WriteFile(bad, []byte("{\"room\":\"a\",\"author\":1,\"text\":\"x\"}\nnot json\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	state := filepath.Join(t.TempDir(), "state")
	for _, c := range []struct {
		args []string
		want string
	}{
		{nil, "name the file"},
		{[]string{"--from", "nowhere.jsonl"}, "nowhere.jsonl"},
		{[]string{"--from", bad}, "line 2"},
		{[]string{"--from", "testdata/sample.jsonl", "--url", "http://127.0.0.1:1", "--state", state}, "no Campfire answers"},
		{[]string{"--from", "testdata/sample.jsonl", "--url", srv.URL, "--state", state}, "set up already"},
	} {
		err := load.Seed(t.Context(), c.args, new(bytes.Buffer), new(bytes.Buffer))
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q: %v, want something about %q", c.args, err, c.want)
		}
	}
}
