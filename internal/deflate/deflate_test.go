package deflate

import (
	"bytes"
	"compress/flate"
	"fmt"
	"io"
	"strings"
	"testing"
)

// text is like a part of a page.
func text(size int) []byte {
	var b strings.Builder
	for i := 0; b.Len() < size; i++ {
		fmt.Fprintf(&b, `<li><a class="room" href="/rooms/%d" data-room="%d"><bdi>Room %x</bdi></a></li>`, i, i, i*7919)
	}
	return []byte(b.String()[:size])
}

// What was appended is read by the standard library, and more may follow.
func TestAppended(t *testing.T) {
	for _, size := range []int{0, 1, 100, 3000, 100_000} {
		t.Run(fmt.Sprint(size), func(t *testing.T) {
			b := Append([]byte("head"), text(size))
			b, ok := bytes.CutPrefix(b, []byte("head"))
			if !ok || !bytes.HasSuffix(b, []byte{0, 0, 0xff, 0xff}) {
				t.Fatalf("%d bytes do not end on a boundary", len(b))
			}
			if size > 1000 && len(b) > size/3 {
				t.Errorf("%d bytes of %d", len(b), size)
			}
			b = append(Append(b, []byte("and more")), 3, 0)
			got, err := io.ReadAll(flate.NewReader(bytes.NewReader(b)))
			if want := string(text(size)) + "and more"; err != nil || string(got) != want {
				t.Errorf("read %d bytes, %v; want %d", len(got), err, len(want))
			}
		})
	}
}

// Bytes that were appended before stay as they are when compressors are used
// again.
func TestAppendedIsOnesOwn(t *testing.T) {
	first := Append(nil, text(500))
	kept := bytes.Clone(first)
	for range 10 {
		Append(nil, bytes.Repeat([]byte("x"), 500))
	}
	if !bytes.Equal(first, kept) {
		t.Error("what was returned has changed")
	}
}

func BenchmarkAppend(b *testing.B) {
	for _, size := range []int{300, 1200, 3000, 20000} {
		b.Run(fmt.Sprint(size), func(b *testing.B) {
			t, buf := text(size), make([]byte, 0, size)
			b.ReportAllocs()
			for b.Loop() {
				buf = Append(buf[:0], t)
			}
			b.ReportMetric(float64(len(buf)), "bytes")
		})
	}
}
