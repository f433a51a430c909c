package app

import (
	"context"
	"fmt"
	"strings"

	"campfire/internal/chat"
	"campfire/internal/config"
	"campfire/internal/jobs"
	"campfire/internal/outbound"
	"campfire/internal/store"
	"campfire/internal/web"
	"campfire/internal/webpush"
)

// outgoing is what reaches out: webhooks and pushes.
type outgoing struct {
	webhooks *jobs.Webhooks
	pushKey  string
	close    func() // once the runner has stopped
}

// handleJobs tells the runner how webhooks and pushes are delivered.
func handleJobs(ctx context.Context, cfg *config.Config, version string, service *chat.Service, st *store.Store, pages *web.Web, runner *jobs.Runner) (*outgoing, error) {
	keys, err := vapidKeys(ctx, cfg, st)
	if err != nil {
		return nil, err
	}
	base, origin := "", ""
	if cfg.URL != nil {
		base, origin = cfg.URL.Path, cfg.URL.String()
	}

	// Who sets a webhook is an administrator, who may well mean a program
	// inside; the address of a push comes from anyone's browser.
	receivers := outbound.New(outbound.Operator(cfg.OutboundAllow...), outbound.Options{UserAgent: "Campfire/" + version, Reuse: true})
	webhooks := jobs.NewWebhooks(jobs.WebhookOptions{Bots: service, Client: receivers, Base: base,
		Timeout: cfg.Limits.WebhookTimeout, Bytes: cfg.Limits.WebhookBytes, Tries: cfg.Limits.WebhookTries})
	runner.Handle(store.WebhookJob, webhooks.Handler())

	strangers := outbound.New(outbound.Public(cfg.OutboundAllow...), outbound.Options{Reuse: true})
	pushes := &jobs.Pushes{Notifier: service, Outbound: strangers, Keys: keys, Subject: cfg.VAPIDSubject,
		Icon: strings.TrimPrefix(pages.Asset("icon-192.png"), base), Base: origin}
	pushes.Register(runner)

	return &outgoing{webhooks, keys.Public(), func() { receivers.Close(); strangers.Close() }}, nil
}

// vapidKeys are the keys of Web Push: those that are configured, else those that
// the installation made at its first start.
func vapidKeys(ctx context.Context, cfg *config.Config, st *store.Store) (*webpush.Keys, error) {
	if cfg.VAPID != nil {
		return cfg.VAPID, nil
	}
	var private string
	err := st.Write(ctx, func(tx *store.Tx) (err error) {
		private, err = tx.Kept(store.MetaPushKey, func() (string, error) {
			k, err := webpush.NewKeys()
			if err != nil {
				return "", err
			}
			return k.RevealPrivate()
		})
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("keys of Web Push: %w", err)
	}
	k, err := webpush.ParseKeys("", private)
	if err != nil {
		return nil, fmt.Errorf("the key of Web Push in the database %w; set VAPID_PRIVATE_KEY", err)
	}
	return k, nil
}
