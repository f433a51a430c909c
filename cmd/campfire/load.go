package main

import (
	"context"
	"fmt"
	"io"

	loadtool "campfire/internal/load"
)

func load(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	if len(args) > 0 {
		switch args[0] {
		case "seed":
			return loadtool.Seed(ctx, args[1:], stdout, stderr)
		case "guide":
			return loadtool.Guide(ctx, args[1:], stdout, stderr)
		case "classic":
			return loadtool.Classic(ctx, args[1:], stdout, stderr)
		}
	}
	return fmt.Errorf("use: campfire load guide, campfire load classic, or campfire load seed --from FILE (each with -h)")
}
