package fleet

import (
	"errors"
	"unicode/utf16"
	"unicode/utf8"
)

// message is what the fleet wants to know of a frame: one object of JSON.
type message struct {
	kind     []byte
	room     int64
	seq      int64
	inRoom   int64  // of the message inside
	inSeq    int64  // likewise
	id       int64  // likewise
	author   int64  // likewise
	clientID []byte // likewise, unescaped
	body     []byte // likewise
	epoch    []byte
	code     []byte // of an error
	detail   []byte
	retry    int64 // milliseconds, of going_away

	inside []message // of a batch
}

var errSyntax = errors.New("this is no JSON")

// maxDepth bounds how deep a frame may be nested.
const maxDepth = 64

// scanner walks JSON once, from left to right. Strings without escapes are
// returned as parts of the input.
type scanner struct {
	b []byte
	i int
}

// scan reads one frame.
func scan(b []byte) (m message, err error) {
	s := scanner{b: b}
	if err := s.message(&m, 0); err != nil {
		return m, err
	}
	s.space()
	if s.i != len(s.b) {
		return m, errSyntax
	}
	return m, nil
}

// Answer reads what the API answers to a post: the message that it made. Its
// slices may be parts of b.
func Answer(b []byte) (Event, error) {
	m, err := scan(b)
	return Event{Kind: Created, Room: m.inRoom, Seq: m.inSeq, ID: m.id, Author: m.author, ClientID: m.clientID, Body: m.body}, err
}

// message reads an event, or a frame of another type.
func (s *scanner) message(m *message, depth int) error {
	return s.object(depth, func(key []byte) (err error) {
		switch string(key) {
		case "type":
			m.kind, err = s.text()
		case "room_id":
			m.room, err = s.number()
		case "seq":
			m.seq, err = s.number()
		case "retry_ms":
			m.retry, err = s.number()
		case "epoch":
			m.epoch, err = s.text()
		case "code":
			m.code, err = s.text()
		case "detail":
			m.detail, err = s.text()
		case "message":
			err = s.content(m, depth+1)
		case "messages":
			err = s.array(depth+1, func() error {
				var in message
				if err := s.message(&in, depth+2); err != nil {
					return err
				}
				m.inside = append(m.inside, in)
				return nil
			})
		default:
			err = s.skip(depth + 1)
		}
		return err
	})
}

// content reads the message inside an event.
func (s *scanner) content(m *message, depth int) error {
	return s.object(depth, func(key []byte) (err error) {
		switch string(key) {
		case "id":
			m.id, err = s.number()
		case "room_id":
			m.inRoom, err = s.number()
		case "seq":
			m.inSeq, err = s.number()
		case "creator":
			err = s.object(depth+1, func(key []byte) (err error) {
				if string(key) == "id" {
					m.author, err = s.number()
					return err
				}
				return s.skip(depth + 2)
			})
		case "client_message_id":
			m.clientID, err = s.text()
		case "body":
			m.body, err = s.text()
		default:
			err = s.skip(depth + 1)
		}
		return err
	})
}

func (s *scanner) space() {
	for s.i < len(s.b) && (s.b[s.i] == ' ' || s.b[s.i] == '\t' || s.b[s.i] == '\n' || s.b[s.i] == '\r') {
		s.i++
	}
}

// next skips space and returns the byte that follows, 0 at the end.
func (s *scanner) next() byte {
	s.space()
	if s.i == len(s.b) {
		return 0
	}
	return s.b[s.i]
}

// want takes one byte that must come now.
func (s *scanner) want(c byte) error {
	if s.next() != c {
		return errSyntax
	}
	s.i++
	return nil
}

// object walks an object; field reads each key's value.
func (s *scanner) object(depth int, field func(key []byte) error) error {
	if depth > maxDepth {
		return errSyntax
	}
	if err := s.want('{'); err != nil {
		return err
	}
	if s.next() == '}' {
		s.i++
		return nil
	}
	for {
		s.space()
		key, err := s.text()
		if err != nil {
			return err
		}
		if err := s.want(':'); err != nil {
			return err
		}
		s.space()
		if err := field(key); err != nil {
			return err
		}
		if s.next() == '}' {
			s.i++
			return nil
		}
		if err := s.want(','); err != nil {
			return err
		}
	}
}

// array walks an array; item reads each of its values.
func (s *scanner) array(depth int, item func() error) error {
	if depth > maxDepth {
		return errSyntax
	}
	if err := s.want('['); err != nil {
		return err
	}
	if s.next() == ']' {
		s.i++
		return nil
	}
	for {
		s.space()
		if err := item(); err != nil {
			return err
		}
		if s.next() == ']' {
			s.i++
			return nil
		}
		if err := s.want(','); err != nil {
			return err
		}
	}
}

// skip passes over any value.
func (s *scanner) skip(depth int) error {
	switch c := s.next(); c {
	case '{':
		return s.object(depth, func([]byte) error { return s.skip(depth + 1) })
	case '[':
		return s.array(depth, func() error { return s.skip(depth + 1) })
	case '"':
		_, _, err := s.raw()
		return err
	case 't':
		return s.word("true")
	case 'f':
		return s.word("false")
	case 'n':
		return s.word("null")
	default:
		from := s.i
		for s.i < len(s.b) && numeric(s.b[s.i]) {
			s.i++
		}
		if s.i == from {
			return errSyntax
		}
		return nil
	}
}

func numeric(c byte) bool {
	return c >= '0' && c <= '9' || c == '-' || c == '+' || c == '.' || c == 'e' || c == 'E'
}

func (s *scanner) word(w string) error {
	if len(s.b)-s.i < len(w) || string(s.b[s.i:s.i+len(w)]) != w {
		return errSyntax
	}
	s.i += len(w)
	return nil
}

// number reads a whole number.
func (s *scanner) number() (n int64, err error) {
	from := s.i
	negative := s.i < len(s.b) && s.b[s.i] == '-'
	if negative {
		s.i++
	}
	digits := s.i
	for ; s.i < len(s.b) && s.b[s.i] >= '0' && s.b[s.i] <= '9'; s.i++ {
		n = n*10 + int64(s.b[s.i]-'0')
	}
	if s.i == digits || s.i-from > 18 {
		return 0, errSyntax
	}
	if negative {
		n = -n
	}
	return n, nil
}

// raw passes over a string and returns what is between its quotes.
func (s *scanner) raw() (b []byte, escaped bool, err error) {
	if s.i == len(s.b) || s.b[s.i] != '"' {
		return nil, false, errSyntax
	}
	s.i++
	for from := s.i; s.i < len(s.b); s.i++ {
		switch c := s.b[s.i]; {
		case c == '"':
			s.i++
			return s.b[from : s.i-1], escaped, nil
		case c == '\\':
			escaped = true
			s.i++
		case c < ' ':
			return nil, false, errSyntax
		}
	}
	return nil, false, errSyntax
}

// text reads a string; null is an empty one.
func (s *scanner) text() ([]byte, error) {
	if s.i < len(s.b) && s.b[s.i] == 'n' {
		return nil, s.word("null")
	}
	b, escaped, err := s.raw()
	if err != nil || !escaped {
		return b, err
	}
	return unescape(b)
}

func unescape(b []byte) ([]byte, error) {
	out := make([]byte, 0, len(b))
	for i := 0; i < len(b); i++ {
		if b[i] != '\\' {
			out = append(out, b[i])
			continue
		}
		i++ // raw has seen that a byte follows
		switch b[i] {
		case '"', '\\', '/':
			out = append(out, b[i])
		case 'b':
			out = append(out, '\b')
		case 'f':
			out = append(out, '\f')
		case 'n':
			out = append(out, '\n')
		case 'r':
			out = append(out, '\r')
		case 't':
			out = append(out, '\t')
		case 'u':
			r, ok := hex4(b[i+1:])
			if !ok {
				return nil, errSyntax
			}
			i += 4
			if utf16.IsSurrogate(r) {
				second, ok := rune(0), false
				if i+2 < len(b) && b[i+1] == '\\' && b[i+2] == 'u' {
					second, ok = hex4(b[i+3:])
				}
				if pair := utf16.DecodeRune(r, second); ok && pair != utf8.RuneError {
					r = pair
					i += 6
				} else {
					r = utf8.RuneError
				}
			}
			out = utf8.AppendRune(out, r)
		default:
			return nil, errSyntax
		}
	}
	return out, nil
}

func hex4(b []byte) (r rune, ok bool) {
	if len(b) < 4 {
		return 0, false
	}
	for _, c := range b[:4] {
		r <<= 4
		switch {
		case c >= '0' && c <= '9':
			r |= rune(c - '0')
		case c >= 'a' && c <= 'f':
			r |= rune(c-'a') + 10
		case c >= 'A' && c <= 'F':
			r |= rune(c-'A') + 10
		default:
			return 0, false
		}
	}
	return r, true
}
