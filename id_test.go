package campfire

import (
	"strconv"
	"testing"
)

// FuzzParseID: what is taken as an id, a cursor among them, is exactly what a
// positive number within the bounds looks like.
func FuzzParseID(f *testing.F) {
	for _, s := range []string{"1", "0", "-1", "9007199254740991", "9007199254740992", "9223372036854775808", "01", "+1", "1e3", "", "１"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		id, ok := ParseID[MessageID](s)
		if ok && (id < 1 || id > MaxID || strconv.FormatInt(int64(id), 10) != s) {
			t.Errorf("%q was taken as %d", s, id)
		}
		if n, err := strconv.ParseInt(s, 10, 64); !ok && err == nil && n >= 1 && n <= MaxID && strconv.FormatInt(n, 10) == s {
			t.Errorf("%q was refused", s)
		}
	})
}
