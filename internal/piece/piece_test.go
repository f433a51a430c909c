package piece

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
)

// random returns bytes like those of pages, or such that can't be compressed,
// or none.
func random(rng *rand.Rand) []byte {
	n := rng.IntN(1 << rng.IntN(17))
	b := make([]byte, n)
	letters := 1 + rng.IntN(256)
	for i := range b {
		b[i] = byte(rng.IntN(letters))
	}
	return b
}

func gunzip(t testing.TB, b []byte) []byte {
	t.Helper()
	in := bytes.NewReader(b)
	z, err := gzip.NewReader(in)
	if err != nil {
		t.Fatal(err)
	}
	z.Multistream(false)
	out, err := io.ReadAll(z) // checks length and sum
	if err != nil {
		t.Fatal(err)
	}
	if in.Len() != 0 {
		t.Fatalf("%d bytes after the stream", in.Len())
	}
	return out
}

func TestJoinedPiecesAreOneGzipStreamOfTheSameBytes(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 3))
	for range 200 {
		var w Whole
		var plain []byte
		for range rng.IntN(12) {
			b := random(rng)
			plain = append(plain, b...)
			if rng.IntN(2) == 0 {
				w = append(w, Thin(b))
			} else {
				w = append(w, New(b))
			}
		}
		if got := w.Append([]byte("before")); !bytes.Equal(got[6:], plain) {
			t.Fatalf("%d pieces, %d bytes: the plain ones are others", len(w), len(plain))
		}
		if w.Len() != len(plain) {
			t.Errorf("Len %d of %d bytes", w.Len(), len(plain))
		}
		if got := gunzip(t, w.AppendGzip(nil)); !bytes.Equal(got, plain) {
			t.Fatalf("%d pieces, %d bytes: the stream holds others", len(w), len(plain))
		}
	}
}

func FuzzJoin(f *testing.F) {
	f.Add([]byte("one"), []byte("two"), 1)
	f.Add([]byte(""), []byte(strings.Repeat("ab", 40000)), 7)
	f.Fuzz(func(t *testing.T, a, b []byte, times int) {
		w := Whole{New(a), Thin(b)}
		for range times & 7 {
			w = append(w, w[0], w[1])
		}
		if got := gunzip(t, w.AppendGzip(nil)); !bytes.Equal(got, w.Append(nil)) {
			t.Error("the stream holds other bytes")
		}
	})
}

func TestTagsTellWholesApart(t *testing.T) {
	a, b := New([]byte("a")), New([]byte("b"))
	seen := make(map[string]string)
	for _, w := range []Whole{{}, {a}, {b}, {a, b}, {b, a}, {a, a}, {New(nil)}} {
		name := fmt.Sprintf("%q", w.Append(nil))
		if len(w) == 1 && w.Len() == 0 {
			name = "an empty piece"
		}
		if other, known := seen[w.Tag()]; known {
			t.Errorf("%s has the tag of %s", name, other)
		}
		seen[w.Tag()] = name
	}
	if (Whole{New([]byte("a")), b}).Tag() != (Whole{a, b}).Tag() {
		t.Error("the same bytes in the same pieces have another tag")
	}
}

// Whoever asks for a variant gets the one that was made first of its number,
// however many ask at once.
func TestVariantsAreMadeOnceEach(t *testing.T) {
	const variants, askers = 3, 8
	for range 200 {
		var v Variants
		var made [variants]atomic.Int32
		var got [variants][askers]*Piece
		var all sync.WaitGroup
		for n := range variants {
			for i := range askers {
				all.Go(func() {
					got[n][i] = v.Thin(n, func() []byte {
						made[n].Add(1)
						return []byte(fmt.Sprint("variant ", n))
					})
				})
			}
		}
		all.Wait()
		for n := range variants {
			for _, p := range got[n] {
				if text := string((Whole{p}).Append(nil)); p != got[n][0] || text != fmt.Sprint("variant ", n) || made[n].Load() != 1 {
					t.Fatalf("variant %d was made %d times, and says %q", n, made[n].Load(), text)
				}
			}
		}
	}
}

func BenchmarkVariants(b *testing.B) {
	text := func() []byte { return []byte("text") }
	b.Run("once", func(b *testing.B) {
		var o Once
		for b.Loop() {
			o.Thin(text)
		}
	})
	for n := range 3 {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			var v Variants
			for other := n; other >= 0; other-- {
				v.Thin(other, text)
			}
			for b.Loop() {
				v.Thin(n, text)
			}
		})
	}
}

func BenchmarkNew(b *testing.B) {
	for _, size := range []int{300, 3000, 45000} {
		text := []byte(strings.Repeat(`<li><a class="room" href="/rooms/17" data-room="17"><bdi>`, size/57+1)[:size])
		b.Run(fmt.Sprint(size), func(b *testing.B) {
			for b.Loop() {
				New(text)
			}
		})
	}
}

func BenchmarkJoin(b *testing.B) {
	var w Whole
	for i := range 16 {
		w = append(w, New([]byte(strings.Repeat(fmt.Sprint(i, " and some text, "), 40))))
	}
	buf := make([]byte, 0, 64<<10)
	for b.Loop() {
		w.AppendGzip(buf)
		w.Tag()
	}
}
