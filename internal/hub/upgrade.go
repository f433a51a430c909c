package hub

import (
	"crypto/rand"
	"net"
	"net/http"
	"strconv"
	"strings"
	"syscall"
	"time"

	"campfire"

	"github.com/gobwas/httphead"
	"github.com/gobwas/ws"
	"github.com/gobwas/ws/wsflate"
)

// Protocol is the WebSocket subprotocol that the hub speaks.
const Protocol = "campfire.v1"

// sendBuffer is what the kernel may hold for one connection, in bytes: it would
// let a buffer grow to 4 MiB, and a thousand readers who don't read hold more
// memory than the whole server. What goes beyond waits in the queue, where it
// is shared, and counted.
const sendBuffer = 128 << 10

// Upgrade answers the handshake on w and serves the connection until it ends,
// on goroutines of its own. The caller has authenticated the request, checked
// its origin and taken the slot, which is the hub's from here on.
func (h *Hub) Upgrade(w http.ResponseWriter, r *http.Request, s *Slot, html bool) error {
	flater := wsflate.Extension{Parameters: wsflate.Parameters{
		ServerNoContextTakeover: true, ClientNoContextTakeover: true}}
	up := ws.HTTPUpgrader{
		Timeout:   h.limits.WriteTimeout,
		Protocol:  func(p string) bool { return p == Protocol },
		Negotiate: func(o httphead.Option) (httphead.Option, error) { return flater.Negotiate(o) },
	}
	nc, rw, _, err := up.Upgrade(r, w)
	if err != nil {
		s.Release()
		return err
	}
	s.upgraded()
	nc.SetDeadline(time.Time{})
	c := &conn{
		id: h.nextID.Add(1), hub: h, slot: s, actor: &s.actor, net: nc,
	}
	if html {
		c.view = viewHTML
	}
	if _, ok := flater.Accepted(); ok {
		c.deflate = true
	}
	c.shard = h.shards[int(c.id)%len(h.shards)]
	if tcp, ok := nc.(*net.TCPConn); ok {
		tcp.SetWriteBuffer(sendBuffer) // without it the connection works as well
	}
	if sc, ok := nc.(syscall.Conn); ok {
		c.raw, _ = sc.SyscallConn()
	}
	// What came behind the handshake is in the hijacked buffer, which is let
	// go here: an idle connection keeps none.
	var early []byte
	if n := rw.Reader.Buffered(); n > 0 {
		early, _ = rw.Reader.Peek(n)
		early = append([]byte(nil), early...)
	}
	c.reader = reader{conn: c, early: early}
	c.heard.Store(time.Now().Unix())
	h.connWG.Add(1)
	c.reading.Store(true)
	go c.begin()
	return nil
}

// begin makes a connection known and greets it.
func (c *conn) begin() {
	h := c.hub
	h.metrics.opened.Inc()
	// The welcome is queued before anyone can know of the connection, and
	// written once everyone can: it comes first, and nothing after it is missed.
	welcome := c.welcome()
	c.queue([]*frame{welcome}, len(welcome.plain))
	c.shard.enter(c)
	if h.people.add(c) {
		h.presence.changed(c.actor.ID)
	}
	c.write()
	if h.draining.Load() {
		c.shut(closeRestart, "restart")
	}

	c.watched = h.poller.watch(c)
	c.serve()
}

// resume has a connection read that has something, unless someone does.
func (c *conn) resume() {
	if c.reading.CompareAndSwap(false, true) {
		go c.serve()
	}
}

// serve is the goroutine that reads a connection, the one that there is. While
// nothing comes there is none.
func (c *conn) serve() {
	if !c.read() {
		c.end()
		return
	}
	c.reading.Store(false)
	if !c.hub.poller.watch(c) && c.reading.CompareAndSwap(false, true) {
		// It is being closed, or the hub is: what is left is read waiting.
		c.watched = false
		c.serve()
	}
}

// end forgets a connection, after the last that was read.
func (c *conn) end() {
	h := c.hub
	h.poller.forget(c)
	c.net.Close()
	c.shard.exit(c)
	h.presence.left(c)
	if h.people.remove(c) {
		h.presence.changed(c.actor.ID)
	}
	c.slot.Release()
	c.mu.Lock()
	c.ended = true
	if c.idle != nil {
		c.idle.Broadcast()
	}
	reason := c.reason
	c.mu.Unlock()
	if reason == "" {
		reason = "client"
	}
	h.metrics.closed.WithLabelValues(reason).Inc()
	h.connWG.Done()
}

func (c *conn) welcome() *frame {
	b := append(appendType(nil, kindWelcome), `,"user_id":`...)
	b = strconv.AppendInt(b, int64(c.actor.ID), 10)
	b = append(b, `,"connection_id":"`...)
	b = append(b, strings.ToLower(rand.Text()[:8])...)
	b = append(b, '-')
	b = strconv.AppendInt(b, c.id, 10)
	b = append(b, `","epoch":`...)
	b = campfire.AppendJSONString(b, c.hub.backend.Epoch())
	b = append(b, `,"ping_seconds":`...)
	b = strconv.AppendInt(b, int64(max(c.hub.limits.Ping, time.Second)/time.Second), 10)
	b = append(b, `,"time":"`...)
	b, _ = campfire.TimeOf(time.Now()).AppendText(b)
	return textFrame(kindWelcome, append(b, `"}`...))
}
