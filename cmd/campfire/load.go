package main

import (
	"context"
	"fmt"
	"io"

	loadtool "campfire/internal/load"
)

func load(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	if len(args) == 0 || args[0] != "seed" {
		return fmt.Errorf("use: campfire load seed --from FILE")
	}
	return loadtool.Seed(ctx, args[1:], stdout, stderr)
}
