package load

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// settings are what a load test is told on the command line.
type settings struct {
	URL          string        `json:"url"`
	Metrics      string        `json:"metrics"`
	Sockets      int           `json:"sockets"`
	Accounts     int           `json:"accounts"`
	Rooms        int           `json:"rooms"`
	OneRoom      bool          `json:"one_room"`
	Everyone     bool          `json:"everyone_in_all_rooms"`
	Rate         float64       `json:"posts_per_second"`
	Reads        float64       `json:"reads_per_second"`
	Searches     float64       `json:"searches_per_second"`
	Reconnects   float64       `json:"reconnects_per_second"`
	Duration     time.Duration `json:"duration_ns"`
	Warmup       time.Duration `json:"warmup_ns"`
	Seed         uint64        `json:"seed"`
	Saturate     bool          `json:"saturate"`
	Posters      int           `json:"posters"`
	Overload     float64       `json:"overload"`
	Connections  int           `json:"connections,omitempty"` // classic
	ReadDuration time.Duration `json:"read_duration_ns,omitempty"`
	Posts        int           `json:"posts,omitempty"`
	Batch        int           `json:"batch,omitempty"`

	state, email, passwordFile string
	jsonFile, svgFile, text    string
	sources                    []netip.Addr
}

// scenario is what a run plays.
type scenario string

// The scenarios.
const (
	guide      scenario = "guide"
	saturated  scenario = "guide --saturate"
	overloaded scenario = "guide --overload"
	classic    scenario = "classic"
)

func (s *settings) scenario() scenario {
	switch {
	case s.Connections > 0:
		return classic
	case s.Overload > 0:
		return overloaded
	case s.Saturate:
		return saturated
	}
	return guide
}

// common are the flags of every load test.
func (s *settings) common(flags *flag.FlagSet) {
	flags.StringVar(&s.URL, "url", "http://127.0.0.1:3000", "`address` of the Campfire")
	flags.StringVar(&s.Metrics, "metrics", "http://127.0.0.1:9300/metrics", "`address` of its metrics; empty: none are read, and what they show is not judged")
	flags.Uint64Var(&s.Seed, "seed", 1, "makes the schedule and the texts; the same seed, the same run")
	flags.StringVar(&s.state, "state", "", "`file` that remembers the accounts, for the next run")
	flags.StringVar(&s.email, "email", "", "`address` of an administrator, where the Campfire is set up already")
	flags.StringVar(&s.passwordFile, "password-file", "", "`file` with the administrator's password")
	flags.StringVar(&s.jsonFile, "json", "", "`file` for all figures")
	flags.StringVar(&s.svgFile, "svg", "", "`file` for a plot of latency and rate over time")
	flags.StringVar(&s.text, "text", "", "`file` for the report as it is printed")
	flags.Func("source", "loopback `address` to connect from; may be repeated", func(v string) error {
		a, err := netip.ParseAddr(v)
		if err == nil && !a.IsLoopback() {
			err = errors.New("load tests stay on this machine: name an address of the loopback range")
		}
		s.sources = append(s.sources, a)
		return err
	})
}

// Guide runs `campfire load guide`: the targets of the founding guide, all of
// them in one run. It returns an error when one is missed, when the Campfire
// broke a promise, or when the run shows nothing since the generator was the
// limit.
func Guide(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	s := settings{}
	flags := flag.NewFlagSet("campfire load guide", flag.ContinueOnError)
	flags.SetOutput(stderr)
	s.common(flags)
	flags.IntVar(&s.Sockets, "sockets", 10000, "WebSockets, each subscribed to one room")
	flags.IntVar(&s.Accounts, "accounts", 500, "people whose sockets they are")
	flags.IntVar(&s.Rooms, "rooms", 10, "rooms")
	flags.BoolVar(&s.OneRoom, "one-room", false, "subscribe all sockets to one room")
	flags.BoolVar(&s.Everyone, "everyone", false, "have all people in all rooms: then every socket also hears, once a second, that there is something new in each of the others")
	flags.Float64Var(&s.Rate, "rate", 20, "posts a second, at scheduled times")
	flags.Float64Var(&s.Reads, "reads", 50, "reads of a page a second")
	flags.Float64Var(&s.Searches, "searches", 0.5, "searches a second")
	flags.Float64Var(&s.Reconnects, "reconnects", 1, "sockets a second that are cut and come back")
	flags.DurationVar(&s.Duration, "duration", 5*time.Minute, "of what is measured")
	flags.DurationVar(&s.Warmup, "warmup", 10*time.Second, "before it")
	flags.BoolVar(&s.Saturate, "saturate", false, "post as fast as it goes, and print the rate")
	flags.IntVar(&s.Posters, "posters", 64, "of them, at once")
	flags.Float64Var(&s.Overload, "overload", 0, "find the highest rate, then offer so many times as much")
	if done, err := parse(flags, args); done || err != nil {
		return err
	}
	switch {
	case s.Sockets < 1 || s.Accounts < 1 || s.Rooms < 1 || s.Posters < 1:
		return errors.New("--sockets, --accounts, --rooms and --posters take numbers from 1")
	case s.Rate < 0 || s.Reads < 0 || s.Searches < 0 || s.Reconnects < 0 || s.Overload < 0:
		return errors.New("rates can't be negative")
	case s.Saturate && s.Overload > 0:
		return errors.New("--saturate and --overload are two scenarios; choose one")
	case s.Overload > 0 && s.Overload <= 1:
		return errors.New("--overload takes how many times the highest rate to offer, more than 1")
	case s.Duration < time.Second || s.Warmup < 0:
		return errors.New("--duration takes at least 1s, and --warmup can't be negative")
	}
	return s.run(ctx, stdout, stderr, (*run).guide)
}

// Classic runs `campfire load classic`: what the guide's own script does, with
// real accounts.
func Classic(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	s := settings{Rooms: 1, OneRoom: true}
	flags := flag.NewFlagSet("campfire load classic", flag.ContinueOnError)
	flags.SetOutput(stderr)
	s.common(flags)
	flags.IntVar(&s.Sockets, "sockets", 1000, "WebSockets, opened and held")
	flags.IntVar(&s.Accounts, "accounts", 100, "people whose sockets and requests they are")
	flags.IntVar(&s.Connections, "connections", 400, "HTTP connections that read the list of rooms")
	flags.DurationVar(&s.ReadDuration, "read-duration", 30*time.Second, "for so long")
	flags.IntVar(&s.Posts, "posts", 10000, "messages to post afterwards")
	flags.IntVar(&s.Batch, "batch", 100, "of them in one request, 1 to 100")
	if done, err := parse(flags, args); done || err != nil {
		return err
	}
	if s.Sockets < 1 || s.Accounts < 1 || s.Connections < 1 || s.Posts < 1 || s.Batch < 1 || s.Batch > 100 {
		return errors.New("--sockets, --accounts, --connections and --posts take numbers from 1, --batch from 1 to 100")
	}
	return s.run(ctx, stdout, stderr, (*run).classic)
}

// parse reads flags; done says that help was asked for, and given.
func parse(flags *flag.FlagSet, args []string) (done bool, err error) {
	if err := flags.Parse(args); err != nil {
		return errors.Is(err, flag.ErrHelp), ignoreHelp(err)
	}
	if flags.NArg() > 0 {
		return false, fmt.Errorf("%s takes no argument %q; see %[1]s -h", flags.Name(), flags.Arg(0))
	}
	return false, nil
}

func ignoreHelp(err error) error {
	if errors.Is(err, flag.ErrHelp) {
		return nil
	}
	return err
}

// descriptorsAside are kept for files and for what is asked beside the run.
const descriptorsAside = 100

// socketsOfOneAddress is how many connections one source address may make to
// one server, with a margin to the system's usual range of ports.
const socketsOfOneAddress = 20000

// prepare checks what this machine allows before anything is begun.
func (s *settings) prepare() error {
	if err := local("url", s.URL); err != nil {
		return err
	}
	if s.Metrics != "" {
		if err := local("metrics", s.Metrics); err != nil {
			return err
		}
	}
	for _, name := range []string{s.state, s.jsonFile, s.svgFile, s.text} {
		if fi, err := os.Stat(filepath.Dir(name)); err != nil || !fi.IsDir() {
			return fmt.Errorf("there is no directory for the file %s", name)
		}
	}
	var files syscall.Rlimit
	need := uint64(s.Sockets + max(s.Connections, s.underWay()) + descriptorsAside)
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &files); err == nil && files.Cur < need {
		return fmt.Errorf("%d sockets and the requests beside them need %d open files, and this process may have %d; raise it with ulimit -n, or lower --sockets", s.Sockets, need, files.Cur)
	}
	if len(s.sources) == 0 && s.Sockets > socketsOfOneAddress {
		if !strings.Contains(s.URL, "//127.") && !strings.Contains(s.URL, "//localhost") {
			return fmt.Errorf("%d sockets need more ports than one address has; name several with --source", s.Sockets)
		}
		for i := range s.Sockets/socketsOfOneAddress + 1 {
			s.sources = append(s.sources, netip.AddrFrom4([4]byte{127, 0, 0, byte(i + 1)}))
		}
	}
	return nil
}

// local refuses addresses of other machines: a load test is an attack on
// whoever has not asked for it.
func local(flag, value string) error {
	u, err := url.Parse(value)
	if err == nil && (u.Scheme == "http" || u.Scheme == "https") {
		if u.Hostname() == "localhost" {
			return nil
		}
		if a, err := netip.ParseAddr(u.Hostname()); err == nil && a.IsLoopback() {
			return nil
		}
	}
	return fmt.Errorf("load tests stay on this machine: --%s takes an address such as http://127.0.0.1:3000, not %q", flag, value)
}

// checkMetrics sees that they can be read before a run that rests on them.
func (s *settings) checkMetrics(ctx context.Context) error {
	if s.Metrics == "" {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, reachWithin)
	defer cancel()
	m, err := fetchMetrics(ctx, s.Metrics)
	if err == nil {
		if _, ok := m.sum("ws_connections", nil); !ok {
			err = errors.New("they are not a Campfire's")
		}
	}
	if err != nil {
		return fmt.Errorf("the server's metrics can't be read at %s: %w; name their address with --metrics, or judge less with --metrics=", s.Metrics, err)
	}
	return nil
}

// password reads the administrator's, where one is given.
func (s *settings) password() (string, error) {
	if (s.email == "") != (s.passwordFile == "") {
		return "", errors.New("--email and --password-file go together")
	}
	if s.passwordFile == "" {
		return "", nil
	}
	b, err := os.ReadFile(s.passwordFile)
	return strings.TrimRight(string(b), "\r\n"), err
}

// answersWithin is how long an interrupted run waits for answers.
const answersWithin = 5 * time.Second

// run makes the people and rooms, opens the sockets, has the scenario played,
// and reports.
func (s *settings) run(ctx context.Context, stdout, stderr io.Writer, play func(*run, context.Context) error) error {
	if err := s.prepare(); err != nil {
		return err
	}
	secret, err := s.password()
	if err != nil {
		return err
	}
	w := &world{URL: s.URL, file: s.state, email: s.email, secret: secret, stdout: stdout, stderr: stderr}
	if err := w.restore(); err != nil {
		return err
	}
	fresh, err := reach(ctx, w.URL)
	if err != nil {
		return err
	}
	if err := s.checkMetrics(ctx); err != nil {
		return err
	}
	if err := w.enter(ctx, fresh); err != nil {
		return err
	}
	if err := w.furnish(ctx, s.Rooms, s.Accounts, s.Everyone || s.OneRoom); err != nil {
		return err
	}
	r, err := newRun(ctx, s, w)
	if err != nil {
		return err
	}
	defer r.close()
	if err := r.connect(ctx); err != nil {
		return err
	}
	// Interrupted, it waits a little for the answers under way, and still says
	// what it has seen.
	stop := context.AfterFunc(ctx, func() { time.AfterFunc(answersWithin, r.caller.close) })
	played := play(r, ctx)
	stop()
	r.report.Partial = ctx.Err() != nil
	if played != nil && !r.report.Partial {
		return played
	}
	after, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Minute)
	defer cancel()
	r.finish(after)
	return r.report.publish(s, stdout)
}
