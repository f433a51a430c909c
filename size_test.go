package campfire

import (
	"reflect"
	"testing"
)

// Caches hold tens of thousands of these, so what each takes is stated here:
// a field more is decided, not slipped in. Sizes are those of 64-bit machines.
func TestStructuresStayCompact(t *testing.T) {
	if reflect.TypeFor[uintptr]().Size() != 8 {
		t.Skip("sizes are stated for 64-bit machines")
	}
	for _, x := range []struct {
		of   reflect.Type
		most uintptr // bytes
	}{
		{reflect.TypeFor[Message](), 200},
		{reflect.TypeFor[MessageMeta](), 128},
		{reflect.TypeFor[Quote](), 64},
		{reflect.TypeFor[Boost](), 64},
		{reflect.TypeFor[Event](), 80},
		{reflect.TypeFor[Person](), 32},
		{reflect.TypeFor[Actor](), 48},
		{reflect.TypeFor[Room](), 80},
		{reflect.TypeFor[RoomView](), 136},
		{reflect.TypeFor[Time](), 8},
	} {
		if got := x.of.Size(); got > x.most {
			t.Errorf("a %s has grown from %d to %d bytes: put what is seldom there behind a pointer, or state the new size here and in docs/founding-guide.md", x.of.Name(), x.most, got)
		} else if got < x.most {
			t.Errorf("a %s has shrunk from %d to %d bytes: state it here, so that it stays so", x.of.Name(), x.most, got)
		}
		if x.of.Kind() == reflect.Struct {
			if least := packed(x.of); x.of.Size() > least {
				t.Errorf("a %s of %d bytes would take %d with its fields in another order", x.of.Name(), x.of.Size(), least)
			}
		}
	}
}

// packed is the size of a structure whose fields leave no holes but at its end.
func packed(s reflect.Type) uintptr {
	var sum uintptr
	for f := range s.Fields() {
		sum += f.Type.Size()
	}
	align := uintptr(s.Align())
	return (sum + align - 1) / align * align
}

// Most messages have no mentions, links or quote, most events no boost: these
// cost a message one word each.
func TestWhatIsSeldomThereIsBehindAPointer(t *testing.T) {
	for of, fields := range map[reflect.Type][]string{
		reflect.TypeFor[Message](): {"Meta", "Quote"},
		reflect.TypeFor[Event]():   {"Message", "Boost"},
	} {
		for _, name := range fields {
			if f, ok := of.FieldByName(name); !ok || f.Type.Kind() != reflect.Pointer {
				t.Errorf("%s.%s is no pointer: it takes its room in every %[1]s", of.Name(), name)
			}
		}
	}
}
