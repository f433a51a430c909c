package main

import (
	"fmt"
	"net"
	"os"
	"strings"
	"time"
)

// waitForText returns once a file holds a text or, for unix:PATH, a socket
// takes connections.
func waitForText(path, text string) error {
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for began := time.Now(); time.Since(began) < 20*time.Second; <-tick.C {
		if text == "listens" {
			if c, err := net.Dial("unix", path); err == nil {
				c.Close()
				return nil
			}
			continue
		}
		if b, err := os.ReadFile(path); err == nil && strings.Contains(string(b), text) {
			return nil
		}
	}
	return fmt.Errorf("%s never held %q", path, text)
}
