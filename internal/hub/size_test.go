package hub

import (
	"reflect"
	"testing"
)

// Ten thousand sockets may be open: what each takes here, beside its queue
// and its places in rooms, is stated. Sizes are those of 64-bit machines.
func TestASocketStaysSmall(t *testing.T) {
	if reflect.TypeFor[uintptr]().Size() != 8 {
		t.Skip("sizes are stated for 64-bit machines")
	}
	for _, x := range []struct {
		of   reflect.Type
		most uintptr // bytes
	}{
		{reflect.TypeFor[conn](), 336},
		{reflect.TypeFor[Slot](), 104},
		{reflect.TypeFor[place](), 16}, // of one room
		{reflect.TypeFor[frame](), 72}, // of all who receive it
	} {
		if got := x.of.Size(); got > x.most {
			t.Errorf("a %s has grown from %d to %d bytes, which 10,000 sockets pay: put what is seldom there behind a pointer, or state the new size here", x.of.Name(), x.most, got)
		}
	}
}
