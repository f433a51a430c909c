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

func newAdmin(dir string, service *chat.Service) (*admin, error) {
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
	mux := http.NewServeMux()
	mux.HandleFunc("POST /reset-password", func(w http.ResponseWriter, r *http.Request) {
		answer, err := resetPassword(r.Context(), service, r.FormValue("email"))
		if err != nil {
			http.Error(w, err.Error(), http.StatusUnprocessableEntity)
			return
		}
		json.NewEncoder(w).Encode(answer)
	})
	return &admin{listener: l, server: &http.Server{Handler: mux, ReadHeaderTimeout: 5 * time.Second}}, nil
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
	answer, err := askServer(ctx, cfg.Data, email)
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

func askServer(ctx context.Context, dir, email string) (*resetAnswer, error) {
	dial := func(ctx context.Context, _, _ string) (net.Conn, error) {
		var d net.Dialer
		return d.DialContext(ctx, "unix", filepath.Join(dir, adminSocket))
	}
	client := &http.Client{Transport: &http.Transport{DialContext: dial}, Timeout: 10 * time.Second}
	defer client.CloseIdleConnections()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://campfire/reset-password?email="+url.QueryEscape(email), nil)
	if err != nil {
		return nil, err
	}
	resp, err := client.Do(req)
	if err != nil {
		return nil, errNotRunning
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		text, _ := io.ReadAll(io.LimitReader(resp.Body, 4096))
		return nil, errors.New(string(text))
	}
	answer := &resetAnswer{}
	return answer, json.NewDecoder(resp.Body).Decode(answer)
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
