package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"

	"campfire/internal/app"
	"campfire/internal/config"
	"campfire/internal/doctor"
)

// errUnwell ends the program with 1 where everything has been said.
var errUnwell = errors.New("the doctor found a failure")

func examine(ctx context.Context, args, environ []string, stdout, stderr io.Writer) error {
	flags := flag.NewFlagSet("campfire doctor", flag.ContinueOnError)
	flags.SetOutput(stderr)
	asJSON := flags.Bool("json", false, "print the report as JSON")
	deep := flags.Bool("deep", false, "read the whole database and check that it is sound")
	address := flags.String("url", "", "the public `address`, as people type it; CAMPFIRE_URL when not given")
	if err := flags.Parse(args); errors.Is(err, flag.ErrHelp) {
		return nil
	} else if err != nil || flags.NArg() > 0 {
		return errors.New("use: campfire doctor [--json] [--deep] [--url https://chat.example.org]")
	}
	if *address != "" {
		if _, _, err := config.Read([]string{"CAMPFIRE_URL=" + *address}); err != nil {
			return fmt.Errorf("--url is %q, but %s", *address, strings.TrimPrefix(err.Error(), fmt.Sprintf("CAMPFIRE_URL is %q, but ", *address)))
		}
	}
	cfg, err := configure(environ, stderr)
	if err != nil {
		return err
	}
	report, err := app.Examine(ctx, cfg, app.ExamineOptions{Version: version(), URL: *address, Deep: *deep})
	if err != nil {
		return err
	}
	if *asJSON {
		err = report.WriteJSON(stdout)
	} else {
		err = report.WriteText(stdout, terminal(stdout))
	}
	if err == nil && report.Status == doctor.Failure {
		err = errUnwell
	}
	return err
}

// terminal reports whether what is written is read by a person, who wants
// colours.
func terminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	if !ok || os.Getenv("NO_COLOR") != "" {
		return false
	}
	fi, err := f.Stat()
	return err == nil && fi.Mode()&os.ModeCharDevice != 0
}
