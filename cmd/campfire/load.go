package main

import (
	"context"
	"fmt"
	"io"
)

func load(_ context.Context, _ []string, _, _ io.Writer) error {
	return fmt.Errorf("use: campfire load seed --from FILE")
}
