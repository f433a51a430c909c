package hub

import (
	"bytes"
	"encoding/json"
	"net"
	"testing"
	"time"
)

// FuzzFrame feeds arbitrary bytes to the frame reader: it ends with an error
// or a message of valid UTF-8 within the bounds, and never panics.
func FuzzFrame(f *testing.F) {
	f.Add([]byte{0x81, 0x82, 1, 2, 3, 4, '{' ^ 1, '}' ^ 2}, false)
	f.Add([]byte{0x01, 0x81, 0, 0, 0, 0, '{', 0x80, 0x81, 0, 0, 0, 0, '}'}, false)
	f.Add([]byte{0x89, 0x80, 0, 0, 0, 0, 0x88, 0x82, 0, 0, 0, 0, 3, 0xe8}, true)
	f.Add([]byte{0xc1, 0x83, 0, 0, 0, 0, 0xaa, 0x06, 0x00}, true)
	f.Add([]byte{0x81, 0xff, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0}, false)
	f.Fuzz(func(t *testing.T, data []byte, deflate bool) {
		const most = 4096
		h := &Hub{limits: Limits{MaxFrame: most, MaxMessage: most, Queue: 16, QueueBytes: most, WriteTimeout: time.Second}, metrics: newMetrics(nil, nil)}
		c := &conn{hub: h, deflate: deflate, net: silent{}}
		c.ended = true // nothing is to be answered
		c.reader = reader{conn: c, early: bytes.Clone(data)}
		for range 100 {
			message, err := c.reader.message()
			if err != nil {
				return
			}
			if len(message) > most {
				t.Fatalf("a message of %d bytes", len(message))
			}
			var q request
			if _, err := decode(message, &q); err == nil && !json.Valid(message) {
				t.Fatalf("%q was decoded and is no JSON", message)
			}
		}
	})
}

// silent is a connection on which nothing comes.
type silent struct{ net.Conn }

func (silent) Read([]byte) (int, error) { return 0, net.ErrClosed }
func (silent) Close() error             { return nil }
