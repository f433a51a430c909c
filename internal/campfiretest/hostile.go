package campfiretest

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
)

// Hostile returns the hostile texts of the test data ($CAMPFIRE_TESTDATA);
// none, and a line in the log, when there is no such data.
func Hostile(t testing.TB) []string {
	t.Helper()
	dir := os.Getenv("CAMPFIRE_TESTDATA")
	if dir == "" {
		t.Log("CAMPFIRE_TESTDATA is not set: the project's own cases alone")
		return nil
	}
	var naughty []string
	var vectors []struct{ Payload string }
	for file, into := range map[string]any{"naughty-strings.json": &naughty, "h5sc.json": &vectors} {
		b, err := os.ReadFile(filepath.Join(dir, "hostile", file))
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(b, into); err != nil {
			t.Fatal(err)
		}
	}
	for _, v := range vectors {
		naughty = append(naughty, v.Payload)
	}
	return naughty
}
