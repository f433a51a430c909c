package media

import (
	"bytes"
	"errors"
	"io"
	"slices"
	"strings"
)

// isoBox is one box of a file that is made of them (ISO 14496-12): at to end,
// its content from inner on.
type isoBox struct {
	name           string
	at, inner, end int64
}

// boxes calls see for the boxes between two places, and returns where they
// stop: before end where what is there is none.
func (e *eraser) boxes(at, end int64, see func(isoBox) error) (int64, error) {
	for at+8 <= end {
		if err := e.part(); err != nil {
			return at, err
		}
		c := &cursor{src: e.src, at: at}
		n, name := c.be32(), string(c.bytes(4))
		switch n {
		case 0:
			n = end - at
		case 1:
			n = c.be32()<<32 | c.be32()
		}
		if errors.Is(c.err, io.ErrUnexpectedEOF) || c.err == nil && n < c.at-at {
			return at, nil
		}
		if c.err != nil {
			return at, c.err
		}
		n = min(n, end-at) // cut off
		if err := see(isoBox{name, at, c.at, at + n}); err != nil {
			return at, err
		}
		at += n
	}
	return at, nil
}

// drop makes of a box one that is passed over, with nothing in it.
func (e *eraser) drop(b isoBox) error {
	e.put(b.at+4, "free")
	return e.blank(b.inner, b.end-b.inner)
}

// isoDropped are boxes that stand beside a picture or a film, wherever they
// stand: XMP and EXIF by several names, places, films and notes that
// telephones hang on a picture, measurements.
var isoDropped = []string{"uuid", "Exif", "xml ", "bxml", "brob", "XMP_", "mpvd", "sefd", "gps ", "GPS ", "gps0", "GPMF", "\xa9xyz", "loci"}

// spherical is the one box of a long name that is needed to show a film.
const spherical = "\xff\xcc\x82\x63\xf8\x55\x4a\x93\x88\x14\x58\x7a\x02\x52\x1f\xdd"

// beside erases b if it stands beside the picture or film, and reports it.
func (e *eraser) beside(b isoBox) (bool, error) {
	switch {
	case b.name == "free" || b.name == "skip":
		return true, e.blank(b.inner, b.end-b.inner) // no longer used, and there all the same
	case b.name == "uuid":
		if id, err := section(e.src, b.inner, min(16, b.end-b.inner), 16); err == nil && string(id) == spherical {
			return true, nil
		}
	case !slices.Contains(isoDropped, b.name):
		return false, nil
	}
	return true, e.drop(b)
}

func (e *eraser) iso() error {
	f := &film{eraser: e, tracks: make(map[int64]bool), sizes: make(map[int64]int64)}
	_, err := e.boxes(0, e.src.Size(), func(b isoBox) error {
		switch b.name {
		case "moov":
			return f.movie(b)
		case "moof":
			return f.fragment(b)
		case "meta":
			return e.meta(b)
		case "udta":
			return e.userData(b)
		}
		_, err := e.beside(b)
		return err
	})
	return err
}

// userKept are the boxes of what a program wrote beside a film that are told
// on: names and rights, chapters, loudness. The others are the makers' own.
var userKept = []string{"titl", "dscp", "cprt", "perf", "auth", "gnre", "rtng", "clsf", "kywd", "albm", "yrrc", "coll", "name", "chpl", "hnti", "hinf", "tsel", "kind", "ludt"}

func (e *eraser) userData(b isoBox) error {
	stop, err := e.boxes(b.inner, b.end, func(b isoBox) error {
		known, err := e.beside(b)
		switch {
		case known || err != nil:
			return err
		case b.name == "meta":
			return e.meta(b)
		case b.name[0] == '\xa9' || slices.Contains(userKept, b.name):
			return nil
		}
		return e.drop(b)
	})
	if err != nil {
		return err
	}
	return e.rest(stop, b.end)
}

// rest erases what stands where boxes should and is none.
func (e *eraser) rest(at, end int64) error {
	return e.replace(at, end-at, "\x00\x00\x00\x00free"[:min(max(end-at, 0), 8)]) // up to the end
}

// meta goes through a box of what is told about a file: the items of a
// picture, or the keys of a film.
func (e *eraser) meta(b isoBox) error {
	c := &cursor{src: e.src, at: b.inner}
	// QuickTime's has no version in front.
	if c.skip(4); string(c.bytes(4)) == "hdlr" {
		c.at = b.inner
	} else {
		c.at = b.inner + 4
	}
	found := make(map[string]isoBox)
	_, err := e.boxes(c.at, b.end, func(b isoBox) error {
		if known, err := e.beside(b); known || err != nil {
			return err
		}
		switch b.name {
		case "iinf", "iloc", "idat", "keys", "ilst":
			found[b.name] = b
		}
		return nil
	})
	if err != nil {
		return err
	}
	if items, ok := found["iinf"]; ok {
		if err := e.items(items, found["iloc"], found["idat"]); err != nil {
			return err
		}
	}
	return e.list(found["keys"], found["ilst"])
}

// items erases the items of a picture that are no pictures.
func (e *eraser) items(info, places, data isoBox) error {
	c := &cursor{src: e.src, at: info.inner}
	if c.u8() == 0 {
		c.skip(5) // and their number, of 16 bits
	} else {
		c.skip(7)
	}
	erased := make(map[int64]string)
	_, err := e.boxes(c.at, info.end, func(b isoBox) error {
		c := &cursor{src: e.src, at: b.inner}
		version := c.u8()
		c.skip(3)
		id := int64(0)
		if version == 3 {
			id = c.be32()
		} else {
			id = int64(c.be16())
		}
		c.skip(2)
		switch kind := string(c.bytes(4)); {
		case b.name != "infe":
		case version < 2, kind == "Exif", kind == "mime", kind == "uri ":
			erased[id] = kind
		}
		return nil
	})
	if err != nil || len(erased) == 0 {
		return err
	}
	return e.extents(places, data, erased)
}

// extents erases the bytes of items, by the box that says where they are.
func (e *eraser) extents(places, data isoBox, erased map[int64]string) error {
	t := e.table(places.inner, places.end)
	version := t.number(1)
	t.skip(3)
	sizes := t.number(2)
	offset, length, base, index := int(sizes>>12), int(sizes>>8&15), int(sizes>>4&15), int(sizes&15)
	wide := 2
	if version >= 2 {
		wide = 4
	}
	if max(offset, length, base, index) > 8 {
		return malformed("HEIF", "places of items that can't be read")
	}
	for range t.number(wide) {
		if err := e.part(); err != nil {
			return err
		}
		id, method := t.number(wide), int64(0)
		if version >= 1 {
			method = t.number(2) & 15
		}
		t.skip(2) // which file; others are not there
		from := t.number(base)
		kind, wanted := erased[id]
		for k := range t.number(2) {
			if err := e.part(); err != nil {
				return err
			}
			if version >= 1 {
				t.number(index)
			}
			at, n := from+t.number(offset), t.number(length)
			if over, err := t.over(); over || err != nil {
				return err
			}
			if !wanted {
				continue
			}
			switch {
			case n == 0 || method > 1 || at < 0:
				// All of a file, or parts of another item: nobody writes this.
				return malformed("HEIF", "an item that can't be found")
			case method == 1:
				at += data.inner
				n = min(n, data.end-at)
			}
			nothing := ""
			switch {
			case k > 0:
			case kind == "Exif":
				nothing = "\x00\x00\x00\x00" + noEXIF // it begins right behind
			case kind == "mime":
				nothing = noXMP
			}
			if err := e.replace(at, n, nothing); err != nil {
				return err
			}
		}
		if over, err := t.over(); over || err != nil {
			return err
		}
	}
	return nil
}

// placeWords are in the names of what tells of a place.
var placeWords = []string{"location", "gps", "xyz", "iso6709", "latitude", "longitude", "altitude", "geo", "direction", "heading"}

func tellsPlace(name []byte) bool {
	name = bytes.ToLower(name)
	return slices.ContainsFunc(placeWords, func(word string) bool { return bytes.Contains(name, []byte(word)) })
}

// list erases the places in a list of values: those whose key is told apart,
// by its number, and those that are named themselves.
func (e *eraser) list(keys, values isoBox) error {
	erased := make(map[string]bool)
	t := e.table(keys.inner, keys.end)
	t.skip(4)
	for k := range t.number(4) {
		if err := e.part(); err != nil {
			return err
		}
		n := t.number(4) - 8
		t.skip(4) // whose key
		name := t.text(int(min(max(n, 0), 256)))
		t.skip(n - 256)
		if over, err := t.over(); over || err != nil {
			if err != nil {
				return err
			}
			break
		}
		if tellsPlace([]byte(name)) {
			i := k + 1
			erased[string([]byte{byte(i >> 24), byte(i >> 16), byte(i >> 8), byte(i)})] = true
		}
	}
	stop, err := e.boxes(values.inner, values.end, func(b isoBox) error {
		known, err := e.beside(b)
		switch {
		case known || err != nil:
			return err
		case erased[b.name]:
			return e.drop(b)
		case b.name == "----": // a name of its own stands in it
			head, err := section(e.src, b.inner, min(512, b.end-b.inner), 512)
			if err != nil {
				return err
			}
			if tellsPlace(head) {
				return e.drop(b)
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	return e.rest(stop, values.end)
}

// isPlace reports that a text, such as a subtitle, tells of places: cameras
// in the air write them so.
func isPlace(text []byte) bool {
	lower := strings.ToLower(string(text))
	return strings.Contains(lower, "gps") || strings.Contains(lower, "latitude") || strings.Contains(lower, "longitude")
}
