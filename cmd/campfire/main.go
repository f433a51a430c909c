// Command campfire is a self-hosted team chat in one binary.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"

	"campfire/internal/app"
	"campfire/internal/config"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], os.Environ(), os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

const usage = `Campfire, a self-hosted team chat.

  campfire [serve]                      start the server
  campfire user reset-password EMAIL    print a one-time sign-in link
  campfire doctor                       check an installation, and say what to do
  campfire load guide                   hold a running server against the targets, under load
  campfire load classic                 the load script of the founding guide
  campfire load seed --from FILE        fill a running server from a JSON-lines file
  campfire version                      print the version
  campfire help config                  list everything that can be set

With no configuration at all, campfire serves http://localhost:3000 and keeps
its data in ./data.
`

// run is the program; it returns the exit code.
func run(ctx context.Context, args, environ []string, stdout, stderr io.Writer) int {
	command := "serve"
	if len(args) > 0 {
		command, args = args[0], args[1:]
	}
	var err error
	switch command {
	case "serve":
		err = serve(ctx, environ, stdout, stderr)
	case "user":
		if len(args) != 2 || args[0] != "reset-password" {
			err = fmt.Errorf("use: campfire user reset-password EMAIL")
			break
		}
		var cfg *config.Config
		if cfg, err = configure(environ, stderr); err == nil {
			err = app.ResetPassword(ctx, cfg, args[1], stdout)
		}
	case "doctor":
		err = examine(ctx, args, environ, stdout, stderr)
	case "load":
		err = load(ctx, args, stdout, stderr)
	case "version", "--version":
		fmt.Fprintln(stdout, version())
	case "help", "--help", "-h":
		if len(args) > 0 && args[0] == "config" {
			helpConfig(stdout)
		} else {
			fmt.Fprint(stdout, usage)
		}
	default:
		fmt.Fprint(stderr, usage)
		err = fmt.Errorf("there is no command %q", command)
	}
	switch {
	case errors.Is(err, errUnwell):
		return 1
	case err != nil:
		fmt.Fprintln(stderr, "campfire:", err)
		return 1
	}
	return 0
}

func serve(ctx context.Context, environ []string, stdout, stderr io.Writer) error {
	cfg, err := configure(environ, stderr)
	if err != nil {
		return err
	}
	return app.Run(ctx, cfg, app.Options{Version: version(), Logger: app.Logger(cfg, os.Stderr), Stdout: stdout})
}

func configure(environ []string, stderr io.Writer) (*config.Config, error) {
	cfg, warnings, err := config.Read(environ)
	for _, w := range warnings {
		fmt.Fprintln(stderr, "campfire: warning:", w)
	}
	return cfg, err
}

func helpConfig(w io.Writer) {
	fmt.Fprint(w, "Everything is set by environment variables. Any NAME can also be read from the\nfile that NAME_FILE names. \"off\" lifts a limit.\n\n")
	for _, o := range config.Options() {
		def := o.Default
		if def == "" {
			def = "not set"
		}
		fmt.Fprintf(w, "%s (%s)\n    %s\n", o.Name, def, o.Help)
	}
}

// version is the module's, as the build knows it.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok || info.Main.Version == "" || info.Main.Version == "(devel)" {
		return "dev"
	}
	return info.Main.Version
}
