package media

import "io"

// film erases the tracks of a film that are neither seen nor heard: what a
// camera measured while it ran, place and movement among it.
type film struct {
	*eraser
	tracks map[int64]bool  // of those, by their ids
	sizes  map[int64]int64 // of their samples where a fragment says none
}

func (f *film) movie(b isoBox) error {
	_, err := f.boxes(b.inner, b.end, func(b isoBox) error {
		switch b.name {
		case "trak":
			return f.track(b)
		case "mvex":
			return f.defaults(b)
		case "udta":
			return f.userData(b)
		case "meta":
			return f.meta(b)
		}
		_, err := f.beside(b)
		return err
	})
	return err
}

// samples are where a track says its samples are.
type samples struct{ sizes, small, runs, chunks, far isoBox }

func (f *film) track(trak isoBox) error {
	var id int64
	var handler string
	var at samples
	walk := func(b isoBox, see func(isoBox) error) error {
		_, err := f.boxes(b.inner, b.end, see)
		return err
	}
	err := walk(trak, func(b isoBox) error {
		switch b.name {
		case "tkhd":
			c := &cursor{src: f.src, at: b.inner}
			version := c.u8()
			c.skip([]int64{11, 19}[min(version, 1)])
			id = c.be32()
		case "udta":
			return f.userData(b)
		case "meta":
			return f.meta(b)
		case "mdia":
			return walk(b, func(b isoBox) error {
				switch b.name {
				case "hdlr":
					c := &cursor{src: f.src, at: b.inner + 8}
					handler = string(c.bytes(4))
				case "udta":
					return f.userData(b)
				case "minf":
					return walk(b, func(b isoBox) error {
						if b.name != "stbl" {
							return nil
						}
						return walk(b, func(b isoBox) error {
							switch b.name {
							case "stsz":
								at.sizes = b
							case "stz2":
								at.small = b
							case "stsc":
								at.runs = b
							case "stco":
								at.chunks = b
							case "co64":
								at.far = b
							}
							return nil
						})
					})
				}
				return nil
			})
		}
		_, err := f.beside(b)
		return err
	})
	if err != nil {
		return err
	}
	switch handler {
	case "meta", "camm":
	case "text", "sbtl", "subt":
		told := false
		err := f.each(at, func(at, n int64) error {
			text := make([]byte, min(n, 512))
			if _, err := f.src.ReadAt(text, at); err != nil && err != io.EOF {
				return err
			}
			told = isPlace(text)
			return io.EOF // the first tells
		})
		if err != nil && err != io.EOF {
			return err
		}
		if !told {
			return nil
		}
	default:
		return nil
	}
	f.tracks[id] = true
	if err := f.each(at, f.blank); err != nil {
		return err
	}
	return f.drop(trak)
}

// each calls see for the bytes of a track, a chunk of samples at a time.
func (f *film) each(at samples, see func(at, n int64) error) error {
	sizes := f.table(at.sizes.inner, at.sizes.end)
	sizes.skip(4)
	all, wide := sizes.number(4), 4
	left := sizes.number(4)
	if at.sizes.end == 0 {
		sizes = f.table(at.small.inner, at.small.end)
		sizes.skip(7)
		wide = int(sizes.number(1)) / 8 // half a byte each is nothing that holds a place
		left = sizes.number(4)
	}
	runs := f.table(at.runs.inner, at.runs.end)
	runs.skip(8)
	chunks, offset := f.table(at.chunks.inner, at.chunks.end), 4
	if at.chunks.end == 0 {
		chunks, offset = f.table(at.far.inner, at.far.end), 8
	}
	chunks.skip(4)
	// A run says how many samples each chunk has, from a chunk on.
	run := func() (first, each int64) {
		first, each = runs.number(4), runs.number(4)
		runs.skip(4)
		if runs.err != nil {
			return 1 << 62, 0
		}
		return first, each
	}
	perChunk := int64(0)
	next, nextEach := run()
	for chunk := range chunks.number(4) {
		for chunk+1 >= next {
			perChunk = nextEach
			next, nextEach = run()
		}
		start := chunks.number(offset)
		if over, err := chunks.over(); over || err != nil {
			return err
		}
		n := int64(0)
		if k := min(perChunk, left); all > 0 {
			n, left = f.times(k, all), left-k
		} else {
			for range k {
				n += sizes.number(wide)
				if over, err := sizes.over(); over {
					left = 0
					if err != nil {
						return err
					}
					break
				}
				left--
			}
		}
		if n > 0 && start < f.src.Size() {
			if err := see(start, min(n, f.src.Size()-start)); err != nil {
				return err
			}
		}
	}
	return nil
}

// times is the bytes of so many samples of one size: no more than the file.
func (f *film) times(n, size int64) int64 {
	if size > 0 && n > f.src.Size()/size {
		return f.src.Size()
	}
	return n * size
}

// defaults reads how large samples are where fragments don't say.
func (f *film) defaults(b isoBox) error {
	_, err := f.boxes(b.inner, b.end, func(b isoBox) error {
		if b.name == "trex" {
			c := &cursor{src: f.src, at: b.inner + 4}
			id := c.be32()
			c.skip(8)
			f.sizes[id] = c.be32()
		}
		return nil
	})
	return err
}

// fragment erases what a fragment of the film has of the tracks that are
// erased.
func (f *film) fragment(moof isoBox) error {
	if len(f.tracks) == 0 {
		return nil
	}
	_, err := f.boxes(moof.inner, moof.end, func(traf isoBox) error {
		if traf.name != "traf" {
			return nil
		}
		base, size, erased := moof.at, int64(0), false
		next := base // where a run begins that doesn't say
		_, err := f.boxes(traf.inner, traf.end, func(b isoBox) (err error) {
			switch b.name {
			case "tfhd":
				t := f.table(b.inner, b.end)
				flags, id := t.number(4), t.number(4)
				erased, size = f.tracks[id], f.sizes[id]
				if flags&0x1 != 0 {
					base = t.number(8)
				}
				next = base
				for _, bit := range []int64{0x2, 0x8} {
					if flags&bit != 0 {
						t.skip(4)
					}
				}
				if flags&0x10 != 0 {
					size = t.number(4)
				}
			case "trun":
				if erased {
					next, err = f.run(f.table(b.inner, b.end), base, next, size)
				}
			}
			return err
		})
		if err != nil || !erased {
			return err
		}
		return f.drop(traf)
	})
	return err
}

// run erases the samples of one run of a fragment, and returns where they end.
func (f *film) run(t *table, base, at, size int64) (end int64, err error) {
	flags, count := t.number(4), t.number(4)
	if flags&0x1 != 0 {
		at = base + int64(int32(t.number(4)))
	}
	if flags&0x4 != 0 {
		t.skip(4)
	}
	n := int64(0)
	if flags&0x200 == 0 {
		n = f.times(count, size)
	} else {
		for range count {
			if flags&0x100 != 0 {
				t.skip(4)
			}
			n += t.number(4)
			for _, bit := range []int64{0x400, 0x800} {
				if flags&bit != 0 {
					t.skip(4)
				}
			}
			if over, err := t.over(); err != nil {
				return 0, err
			} else if over {
				break
			}
		}
	}
	return at + n, f.blank(at, n)
}
