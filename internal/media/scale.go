package media

// axis maps the pixels of one dimension to fewer of them. Lengths are in
// 1/256 of a source pixel; result i covers those from edge(i) to edge(i+1).
type axis struct{ from, to int }

func (a axis) edge(i int) int { return int(int64(i) * int64(a.from) << 8 / int64(a.to)) }

// area makes a picture smaller: each result is the mean of the source pixels it
// covers, those at its edges by the part that it covers. It takes the rows one
// by one, so that the source need never be in memory whole.
type area struct {
	x, y  axis
	n     int       // samples of one pixel
	wide  []uint32  // one source row, made narrower
	sum   []uint64  // of the rows of one result so far
	scale []float32 // one over the width that a result covers
	row   int       // source rows so far
	next  int       // results so far
	put   func(y int, row []byte)
	out   []byte
}

// newArea calls put for each row of the result. The result is no larger than
// the source in either dimension. A row holds until the next one.
func newArea(srcW, srcH, dstW, dstH, samples int, put func(y int, row []byte)) *area {
	a := &area{
		x: axis{srcW, dstW}, y: axis{srcH, dstH}, n: samples, put: put,
		wide: make([]uint32, dstW*samples), sum: make([]uint64, dstW*samples),
		scale: make([]float32, dstW), out: make([]byte, dstW*samples),
	}
	for i := range a.scale {
		a.scale[i] = 1 / float32(a.x.edge(i+1)-a.x.edge(i))
	}
	return a
}

// add takes the next row of the source.
func (a *area) add(row []byte) {
	if a.next == a.y.to {
		return
	}
	switch a.n {
	case 1:
		a.narrow1(row)
	default:
		a.narrow4(row)
	}
	top, bottom := a.row<<8, (a.row+1)<<8
	a.row++
	end := a.y.edge(a.next + 1)
	if bottom < end {
		a.sumUp(256)
		return
	}
	a.sumUp(uint64(end - top))
	a.finish(1 / float32(end-a.y.edge(a.next)))
	if rest := bottom - end; rest > 0 {
		a.sumUp(uint64(rest))
	}
}

func (a *area) sumUp(weight uint64) {
	for i, v := range a.wide {
		a.sum[i] += uint64(v) * weight
	}
}

func (a *area) finish(scale float32) {
	for i, v := range a.sum {
		a.out[i] = byte(float32(v)*a.scale[i/a.n]*scale + 0.5)
		a.sum[i] = 0
	}
	a.put(a.next, a.out)
	a.next++
}

func (a *area) narrow1(row []byte) {
	from := 0
	for i := range a.wide {
		to := a.x.edge(i + 1)
		first, last := from>>8, to>>8
		if first == last {
			a.wide[i] = uint32(row[first]) * uint32(to-from)
		} else {
			sum := uint32(0)
			for _, v := range row[first+1 : last] {
				sum += uint32(v)
			}
			sum = sum<<8 + uint32(row[first])*uint32(256-from&255)
			if part := uint32(to & 255); part > 0 {
				sum += uint32(row[last]) * part
			}
			a.wide[i] = sum
		}
		from = to
	}
}

func (a *area) narrow4(row []byte) {
	from := 0
	for i := range a.x.to {
		to := a.x.edge(i + 1)
		var sum [4]uint32
		for at := from; at < to; {
			next := min((at>>8+1)<<8, to)
			p, part := row[at>>8*4:][:4], uint32(next-at)
			sum[0] += uint32(p[0]) * part
			sum[1] += uint32(p[1]) * part
			sum[2] += uint32(p[2]) * part
			sum[3] += uint32(p[3]) * part
			at = next
		}
		copy(a.wide[i*4:], sum[:])
		from = to
	}
}

// fit is the largest size of the same shape that is inside of the box, and not
// larger than it was.
func fit(width, height int, box Box) (int, int) {
	if width <= box.Width && height <= box.Height {
		return width, height
	}
	if int64(width)*int64(box.Height) >= int64(height)*int64(box.Width) {
		return box.Width, max(1, int((int64(height)*int64(box.Width)+int64(width)/2)/int64(width)))
	}
	return max(1, int((int64(width)*int64(box.Height)+int64(height)/2)/int64(height))), box.Height
}
