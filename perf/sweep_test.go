package perf

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"testing"

	"campfire"

	"github.com/gobwas/ws"
)

// TestSweeperFloor is the floor of fan-out, in a process of its own: a server
// that does nothing but hold sockets and write to all of them, until its
// standard input ends.
func TestSweeperFloor(t *testing.T) {
	if os.Getenv(sweeperChild) == "" {
		t.Skip("skipped: it is started by the benchmarks of fan-out")
	}
	if err := serveSweeps(os.Stdin, os.Stdout); err != nil {
		t.Fatal(err)
	}
}

const sweeperChild = "CAMPFIRE_PERF_SWEEPER"

// sweeper is the child's side: its sockets, and the number of the last event.
type sweeper struct {
	mu    sync.Mutex
	conns []net.Conn
	seq   int
}

// serveSweeps listens, says where, and obeys: "N" writes N events to every
// socket, joined to one write each, from as many goroutines as there are
// cores. It answers with the number of the last event when all are written.
func serveSweeps(in io.Reader, out io.Writer) error {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	defer l.Close()
	s := &sweeper{}
	go s.accept(l) // ends with the process
	fmt.Fprintln(out, l.Addr())
	lines := bufio.NewScanner(in)
	for lines.Scan() {
		n, err := strconv.Atoi(lines.Text())
		if err != nil {
			return err
		}
		s.sweep(n)
		fmt.Fprintln(out, s.seq)
	}
	return lines.Err()
}

func (s *sweeper) accept(l net.Listener) {
	for {
		c, err := l.Accept()
		if err != nil {
			return
		}
		go s.serve(c)
	}
}

// serve is a reader that keeps no buffer: what one goroutine costs at least.
func (s *sweeper) serve(c net.Conn) {
	up := ws.Upgrader{Protocol: func(p []byte) bool { return string(p) == "campfire.v1" }, ReadBufferSize: 512, WriteBufferSize: 512}
	if _, err := up.Upgrade(c); err != nil {
		return
	}
	// The subscription; from here on the socket hears everything.
	subscription, err := ws.ReadHeader(c)
	if err == nil {
		_, err = io.CopyN(io.Discard, c, subscription.Length)
	}
	if err != nil {
		return
	}
	s.mu.Lock()
	_, err = c.Write(ws.MustCompileFrame(ws.NewTextFrame(fmt.Appendf(nil, `{"type":"subscribed","room_id":1,"seq":%d}`, s.seq))))
	s.conns = append(s.conns, c)
	s.mu.Unlock()
	var head [2]byte
	for err == nil {
		_, err = io.ReadFull(c, head[:])
	}
}

// sweep writes the next events to all.
func (s *sweeper) sweep(events int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var joined []byte
	for range events {
		s.seq++
		joined = append(joined, ws.MustCompileFrame(ws.NewTextFrame(sweptEvent(s.seq)))...)
	}
	const sweepers = 2
	var wg sync.WaitGroup
	for part := range sweepers {
		wg.Go(func() {
			for i := part; i < len(s.conns); i += sweepers {
				s.conns[i].Write(joined) // a cut socket is missed by its reader, on the other side
			}
		})
	}
	wg.Wait()
}

// sweptEvent is an event as Campfire sends it, of the same length.
func sweptEvent(seq int) []byte {
	body := text(seq)
	return campfire.Wire{}.AppendEvent(nil, &campfire.Event{Kind: campfire.MessageCreated, Room: 1, Seq: campfire.Seq(seq), MessageID: campfire.MessageID(seq),
		Message: &campfire.Message{ID: campfire.MessageID(seq), Room: 1, Seq: campfire.Seq(seq), Version: campfire.Seq(seq),
			Creator: campfire.Person{ID: 1, Name: "Ada"}, Body: body, HTML: "<p>" + body + "</p>\n", Plain: body,
			ClientID: "floor-" + strconv.Itoa(seq), CreatedAt: 1}})
}

// sweeping is the child, seen from the benchmark.
type sweeping struct {
	cmd *exec.Cmd
	url string
	in  io.WriteCloser
	out *bufio.Reader
}

func startSweeper(b *testing.B) *sweeping {
	b.Helper()
	cmd := exec.Command(os.Args[0], "-test.run", "^TestSweeperFloor$")
	cmd.Env = append(os.Environ(), sweeperChild+"=1")
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		b.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	s := &sweeping{cmd: cmd, in: in, out: bufio.NewReader(out)}
	b.Cleanup(s.stop)
	s.url = "http://" + s.line(b)
	return s
}

func (s *sweeping) stop() {
	if s.cmd.ProcessState == nil {
		s.in.Close() // it ends with its input
		_ = s.cmd.Wait()
	}
}

func (s *sweeping) line(b *testing.B) string {
	b.Helper()
	line, err := s.out.ReadString('\n')
	if err != nil {
		b.Fatal(err)
	}
	return strings.TrimSpace(line)
}

// sweep has events written to all sockets, and returns the last one's number.
func (s *sweeping) sweep(b *testing.B, events int) (seq int64) {
	b.Helper()
	fmt.Fprintln(s.in, events)
	seq, err := strconv.ParseInt(s.line(b), 10, 64)
	if err != nil {
		b.Fatal(err)
	}
	return seq
}
