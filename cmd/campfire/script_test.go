package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"campfire": func() {
			ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
			code := run(ctx, os.Args[1:], os.Environ(), os.Stdout, os.Stderr)
			stop()
			os.Exit(code)
		},
	})
}

// The command line, told as scripts.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{Dir: "testdata", Cmds: map[string]func(*testscript.TestScript, bool, []string){
		"waitfor": waitFor,
	}})
}

// waitFor waits until a file holds a text: waitfor FILE TEXT.
func waitFor(ts *testscript.TestScript, _ bool, args []string) {
	if len(args) != 2 {
		ts.Fatalf("use: waitfor FILE TEXT")
	}
	if err := waitForText(ts.MkAbs(args[0]), args[1]); err != nil {
		ts.Fatalf("%v", err)
	}
}
