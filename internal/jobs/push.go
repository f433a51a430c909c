package jobs

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"campfire"
	"campfire/internal/outbound"
	"campfire/internal/store"
	"campfire/internal/web/text"
	"campfire/internal/webpush"
)

// Notifier is what telling people of messages asks of the application.
type Notifier interface {
	// Decide decides who is told of a message and returns what stores that,
	// with a push for each device. CodeNotFound: the message is gone.
	Decide(ctx context.Context, room campfire.RoomID, message campfire.MessageID) (func(*store.Tx) error, error)
	// Push returns what a device is told now. A campfire.Error says why it is
	// told nothing any more.
	Push(ctx context.Context, j *store.Job) (*campfire.Push, error)
	// Contact returns an address of mail of whoever keeps the installation.
	Contact(ctx context.Context) (string, error)
}

const (
	notifyWorkers = 2
	pushWorkers   = 16
	pushTries     = 8 // the last one some four hours after the first
	pushTimeout   = 15 * time.Second
	// shortPayload is what is tried when a push service finds a push too large.
	shortPayload = 1024
)

// Pushes tells people of messages by Web Push.
type Pushes struct {
	Notifier Notifier
	Outbound *outbound.Client
	Keys     *webpush.Keys
	// Subject is how push services reach the operator; empty: the installation's
	// own address or, where that is no public one, the first administrator's.
	Subject string
	// Base is the public address of the installation, without a final slash;
	// empty: what the device saw when it subscribed.
	Base string
	// Icon is the path of the picture beside notifications, under Base.
	Icon string

	client webpush.Client
	log    *slog.Logger
}

// Register makes r decide who is told of a message, and send.
func (p *Pushes) Register(r *Runner) {
	p.log = r.opts.Logger
	p.client = webpush.Client{Keys: p.Keys, Transport: p.post, Now: func() time.Time { return r.opts.Now().Time() }}
	r.Handle(store.NotifyJob, Handler{Workers: notifyWorkers, Tries: pushTries, Quiet: true, Do: p.notify})
	r.Handle(store.PushJob, Handler{Workers: pushWorkers, Tries: pushTries, Timeout: pushTimeout + 5*time.Second, Do: func(ctx context.Context, j *store.Job) Outcome {
		return p.push(ctx, j, r.opts.Now())
	}})
}

func (p *Pushes) notify(ctx context.Context, j *store.Job) Outcome {
	store, err := p.Notifier.Decide(ctx, j.Room, j.Message)
	switch {
	case campfire.CodeOf(err) == campfire.CodeNotFound:
		return Skip("the message is gone")
	case err != nil:
		return Retry(err)
	}
	return Done("").Also(store)
}

func (p *Pushes) push(ctx context.Context, j *store.Job, now campfire.Time) Outcome {
	told, err := p.Notifier.Push(ctx, j)
	if ours, ok := errors.AsType[*campfire.Error](err); ok {
		switch ours.Code {
		case campfire.CodeNotFound:
			return Skip("gone: " + ours.Detail)
		case campfire.CodeGone:
			return Skip(ours.Detail)
		}
	}
	if err != nil {
		return Retry(err)
	}
	device := told.Device
	// The application has judged the address when it was subscribed; where it
	// may lead is judged when it is dialled.
	subscription, err := webpush.ParseSubscription(device.Endpoint, device.Key, device.Auth, true)
	if err != nil {
		return GiveUp(fmt.Errorf("the subscription %w", err)).Also(func(tx *store.Tx) error { return tx.DeleteDevice(device.ID) })
	}
	subject, err := p.subject(ctx, device)
	if err != nil {
		return Retry(err)
	}
	answer, err := p.send(ctx, subscription, told, subject, webpush.MaxPayload)
	if err == nil && answer.TooLarge() {
		answer, err = p.send(ctx, subscription, told, subject, shortPayload)
	}
	if err != nil {
		return GiveUp(err)
	}
	return result(answer).Also(func(tx *store.Tx) error {
		if answer.Gone() {
			// Only if it is still the one that was asked: a browser may have
			// subscribed anew meanwhile.
			d, err := tx.Device(device.ID)
			if err != nil || d.Endpoint != device.Endpoint {
				return ignoreNotFound(err)
			}
			return tx.DeleteDevice(device.ID)
		}
		return tx.NotePush(device.ID, now, answer.Status, cmp.Or(answer.Reason, http.StatusText(answer.Status)), answer.Accepted())
	})
}

func ignoreNotFound(err error) error {
	if campfire.CodeOf(err) == campfire.CodeNotFound {
		return nil
	}
	return err
}

// result is what becomes of a push after an answer.
func result(a webpush.Answer) Outcome {
	said := cmp.Or(a.Reason, http.StatusText(a.Status), "no reason given")
	switch {
	case a.Accepted():
		return Done("").Status(a.Status)
	case a.Temporary():
		return Retry(errors.New(said)).Status(a.Status).After(a.RetryAfter)
	}
	return GiveUp(errors.New(said)).Status(a.Status)
}

func (p *Pushes) send(ctx context.Context, to *webpush.Subscription, told *campfire.Push, subject string, most int) (webpush.Answer, error) {
	payload, err := p.notification(told).Encode(most)
	if err != nil {
		return webpush.Answer{}, err
	}
	push := webpush.Push{Payload: payload, Urgency: webpush.Normal, Subject: subject}
	if told.Urgent {
		push.Urgency = webpush.High
	}
	if told.Room != nil {
		push.Topic = "room" + strconv.FormatInt(int64(told.Room.ID), 10)
	}
	return p.client.Send(ctx, to, push)
}

// tag is what all notifications of a room have in common: a newer one takes the
// place of the one before, and reading the room takes it away.
func tag(room campfire.RoomID) string { return "room-" + strconv.FormatInt(int64(room), 10) }

// notification is what is shown, in the device's language.
func (p *Pushes) notification(told *campfire.Push) webpush.Notification {
	d := told.Device
	base := cmp.Or(p.Base, d.Base)
	words := text.For(d.Language)
	if words == nil {
		words = text.All()[0]
	}
	n := webpush.Notification{Lang: words.Tag, Icon: base + p.Icon, Badge: told.Unread}
	if told.Message == nil {
		n.Title, n.Body = words.T("push.test"), words.T("push.test.body")
		n.Navigate, n.Tag = base+"/notifications", "test"
		return n
	}
	m := told.Message
	plain := m.Plain
	if plain == "" {
		plain = words.T("push.wordless")
		if files := m.Meta.Files(); len(files) > 0 {
			plain = files[0].Filename
		}
	}
	n.Lang = "" // of what people wrote nobody knows it
	n.Navigate = fmt.Sprintf("%s/rooms/%d/@%d", base, m.Room, m.ID)
	n.Tag = tag(m.Room)
	n.Data = map[string]any{"room": m.Room, "message": m.ID}
	if told.Room.Kind == campfire.Direct {
		n.Title, n.Body = m.Creator.Name, plain
	} else {
		n.Title, n.Body = told.Room.Name, m.Creator.Name+": "+plain
	}
	return n
}

// subject is how a push service can reach the operator.
func (p *Pushes) subject(ctx context.Context, d *campfire.Device) (string, error) {
	if p.Subject != "" {
		return p.Subject, nil
	}
	if base, err := url.Parse(cmp.Or(p.Base, d.Base)); err == nil {
		if origin := base.Scheme + "://" + base.Host; webpush.CheckSubject(origin) == nil {
			return origin, nil
		}
	}
	mail, err := p.Notifier.Contact(ctx)
	if err == nil && webpush.CheckSubject("mailto:"+mail) != nil {
		// Nobody can be named: an installation on one machine, being tried.
		mail = "campfire@example.org"
	}
	return "mailto:" + mail, err
}

// post makes the request under the policy for strangers. Its errors name no
// addresses and don't tell what is refused from what is not there, by word or by
// clock: they are shown to whoever subscribed.
func (p *Pushes) post(ctx context.Context, to string, header http.Header, body []byte) (int, http.Header, []byte, error) {
	var said []byte
	resp, err := p.Outbound.Stream(ctx, outbound.Request{
		Method: http.MethodPost, URL: to, Header: header, Body: body, Timeout: pushTimeout, MaxBytes: 2 * webpush.MaxReason, Even: true,
	}, func(_ *outbound.Response, in io.Reader) error {
		// What comes after the beginning, or instead of it, is nothing to us.
		said, _ = io.ReadAll(io.LimitReader(in, webpush.MaxReason))
		return nil
	})
	switch reason := outbound.Reason(err); reason {
	case "":
	case "refused", "timeout":
		p.log.Debug("a push service was not reached", "reason", reason, "err", err)
		return 0, nil, nil, errors.New(outbound.Reason(outbound.ErrUnreachable))
	default:
		return 0, nil, nil, errors.New(reason)
	}
	return resp.Status, resp.Header, said, nil
}
