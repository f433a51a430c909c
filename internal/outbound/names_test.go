package outbound

import (
	"context"
	"net"
	"net/netip"
	"sync"
	"testing"

	"golang.org/x/net/dns/dnsmessage"
)

// names is a name server on loopback whose answers change: each question
// about a name takes the next of its addresses, the last one for good. A name
// that it does not know does not exist.
type names struct {
	*net.Resolver

	mu      sync.Mutex
	answers map[string][][]netip.Addr // by name with its final dot
	asked   map[string]int            // for A records
}

func newNames(t *testing.T) *names {
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	n := &names{answers: make(map[string][][]netip.Addr), asked: make(map[string]int)}
	n.Resolver = &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		var d net.Dialer
		return d.DialContext(ctx, "udp", conn.LocalAddr().String())
	}}
	done := make(chan struct{})
	go func() {
		defer close(done)
		buf := make([]byte, 1500)
		for {
			size, from, err := conn.ReadFrom(buf)
			if err != nil {
				return
			}
			if answer := n.answer(buf[:size]); answer != nil {
				_, _ = conn.WriteTo(answer, from)
			}
		}
	}()
	t.Cleanup(func() { _ = conn.Close(); <-done })
	return n
}

// set makes a name answer with each group of addresses, one after another.
func (n *names) set(name string, answers ...string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.answers[name+"."] = nil
	for _, a := range answers {
		n.answers[name+"."] = append(n.answers[name+"."], []netip.Addr{netip.MustParseAddr(a)})
	}
}

// setAll makes a name answer with all the addresses at once.
func (n *names) setAll(name string, addresses ...string) {
	var all []netip.Addr
	for _, a := range addresses {
		all = append(all, netip.MustParseAddr(a))
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	n.answers[name+"."] = [][]netip.Addr{all}
}

func (n *names) answer(b []byte) []byte {
	var q dnsmessage.Message
	if q.Unpack(b) != nil || len(q.Questions) != 1 {
		return nil
	}
	question := q.Questions[0]
	n.mu.Lock()
	defer n.mu.Unlock()
	name := question.Name.String()
	groups, known := n.answers[name]
	q.Response, q.RecursionAvailable, q.Additionals = true, true, nil
	if !known {
		q.RCode = dnsmessage.RCodeNameError
	} else if len(groups) > 0 {
		i := n.asked[name]
		if question.Type == dnsmessage.TypeA {
			n.asked[name]++
		}
		for _, a := range groups[min(i, len(groups)-1)] {
			header := dnsmessage.ResourceHeader{Name: question.Name, Class: dnsmessage.ClassINET, TTL: 0}
			switch {
			case a.Is4() && question.Type == dnsmessage.TypeA:
				q.Answers = append(q.Answers, dnsmessage.Resource{Header: header, Body: &dnsmessage.AResource{A: a.As4()}})
			case a.Is6() && question.Type == dnsmessage.TypeAAAA:
				q.Answers = append(q.Answers, dnsmessage.Resource{Header: header, Body: &dnsmessage.AAAAResource{AAAA: a.As16()}})
			}
		}
	}
	out, err := q.Pack()
	if err != nil {
		return nil
	}
	return out
}
