package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"campfire"
	"campfire/internal/auth"
	"campfire/internal/chat"
	"campfire/internal/config"
	"campfire/internal/store"
)

// The data directory holds a private socket, on which commands reach the
// running server: whoever may write there may administer it.
const adminSocket = "admin.sock"

type admin struct {
	listener net.Listener
	server   *http.Server
}

func newAdmin(dir string, handler http.Handler) (*admin, error) {
	path := filepath.Join(dir, adminSocket)
	// The directory's lock is ours, so a socket that is there is left over.
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("can't remove the old %s: %w", path, err)
	}
	l, err := net.Listen("unix", path)
	if err != nil {
		return nil, fmt.Errorf("can't make the private socket %s: %w; a shorter path for CAMPFIRE_DATA may help", path, err)
	}
	if err := os.Chmod(path, 0o600); err != nil {
		l.Close()
		return nil, err
	}
	return &admin{listener: l, server: &http.Server{Handler: handler, ReadHeaderTimeout: 5 * time.Second}}, nil
}

// adminHandler is what commands may ask: a one-time link, and what the doctor
// looks at.
func adminHandler(service *chat.Service, e *examined) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /reset-password", func(w http.ResponseWriter, r *http.Request) {
		answer, err := resetPassword(r.Context(), service, r.FormValue("email"))
		answerCommand(w, answer, err)
	})
	mux.HandleFunc("POST /examine", func(w http.ResponseWriter, r *http.Request) {
		answer, err := e.state(r.Context(), r.FormValue("deep") == "true")
		answerCommand(w, answer, err)
	})
	mux.HandleFunc("POST /probe", func(w http.ResponseWriter, r *http.Request) {
		answerCommand(w, probeTicket{e.server.ProbeTicket().Reveal()}, nil)
	})
	mux.Handle("GET /metrics", e.metrics)
	return mux
}

func answerCommand(w http.ResponseWriter, answer any, err error) {
	if err != nil {
		http.Error(w, err.Error(), http.StatusUnprocessableEntity)
		return
	}
	json.NewEncoder(w).Encode(answer)
}

func (a *admin) serve(ctx context.Context) {
	stop := context.AfterFunc(ctx, func() { a.server.Close() })
	defer stop()
	a.server.Serve(a.listener)
}

// resetAnswer is a one-time link's path and whom it is for.
type resetAnswer struct {
	Name    string
	Path    string
	Expires campfire.Time
}

func resetPassword(ctx context.Context, service *chat.Service, email string) (*resetAnswer, error) {
	t, u, err := service.ResetPassword(ctx, email)
	if err != nil {
		return nil, err
	}
	return &resetAnswer{u.Name, "/transfer/" + t.Secret.Reveal(), t.ExpiresAt}, nil
}

// ResetPassword makes a one-time sign-in link for whoever has an address, and
// prints it: through the running server, or, when none runs, by itself.
func ResetPassword(ctx context.Context, cfg *config.Config, email string, out io.Writer) error {
	answer := &resetAnswer{}
	err := askServer(ctx, cfg.Data, "/reset-password", url.Values{"email": {email}}, 10*time.Second, answer)
	if errors.Is(err, errNotRunning) {
		answer, err = resetOffline(ctx, cfg, email)
	}
	if err != nil {
		return err
	}
	base := "http://localhost" + cfg.Addr[max(0, lastColon(cfg.Addr)):]
	if cfg.URL != nil {
		base = cfg.URL.String()
	}
	_, err = fmt.Fprintf(out, "This link signs %s in, once, until %s:\n%s%s\nA new password can be set under My Settings within half an hour of using it.\n",
		answer.Name, answer.Expires, base, answer.Path)
	return err
}

func lastColon(addr string) int {
	for i := len(addr) - 1; i >= 0; i-- {
		if addr[i] == ':' {
			return i
		}
	}
	return 0
}

var errNotRunning = errors.New("no server is running")

// askServer asks the running server over its private socket; errNotRunning
// when there is none.
func askServer(ctx context.Context, dir, path string, form url.Values, within time.Duration, answer any) error {
	return overSocket(ctx, dir, http.MethodPost, path+"?"+form.Encode(), within, func(body io.Reader) error {
		return json.NewDecoder(body).Decode(answer)
	})
}

// overSocket makes a request of the running server and reads its answer.
func overSocket(ctx context.Context, dir, method, target string, within time.Duration, read func(io.Reader) error) error {
	dial := func(ctx context.Context, _, _ string) (net.Conn, error) {
		var d net.Dialer
		return d.DialContext(ctx, "unix", filepath.Join(dir, adminSocket))
	}
	client := &http.Client{Transport: &http.Transport{DialContext: dial}, Timeout: within}
	defer client.CloseIdleConnections()
	req, err := http.NewRequestWithContext(ctx, method, "http://campfire"+target, nil)
	if err != nil {
		return err
	}
	resp, err := client.Do(req)
	if e, ok := errors.AsType[*net.OpError](err); ok && e.Op == "dial" {
		return errNotRunning
	}
	if err != nil {
		return fmt.Errorf("the running server did not answer: %w", err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		text, _ := io.ReadAll(io.LimitReader(resp.Body, 4096))
		return errors.New(string(text))
	}
	return read(resp.Body)
}

// resetOffline opens the database itself; its lock keeps a server out.
func resetOffline(ctx context.Context, cfg *config.Config, email string) (*resetAnswer, error) {
	service := chat.New(chat.Options{Limits: chatLimits(cfg), Passwords: auth.NewPasswords(auth.DefaultCost, 1, 1), Logger: slog.New(slog.DiscardHandler)})
	st, err := store.Open(ctx, store.Options{Dir: cfg.Data, Sync: cfg.DBSync})
	if err != nil {
		return nil, err
	}
	answer, err := func() (*resetAnswer, error) {
		if err := service.Start(ctx, st, nopPublisher{}); err != nil {
			return nil, err
		}
		return resetPassword(ctx, service, email)
	}()
	return answer, errors.Join(err, st.Close())
}

// nopPublisher has nobody to tell.
type nopPublisher struct{}

func (nopPublisher) Publish([]campfire.Change) {}
