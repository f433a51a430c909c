package chat

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"campfire"
	"campfire/internal/auth"
	"campfire/internal/store"
)

// NewBot is a bot just made, with what is shown of it this once.
type NewBot struct {
	*campfire.BotSettings
	Key           auth.Secret
	WebhookSecret auth.Secret
}

// Bots lists the active bots by name: administrators.
func (s *Service) Bots(ctx context.Context, a campfire.Actor) ([]*campfire.BotSettings, error) {
	if !a.IsAdministrator() {
		return nil, onlyAdministrators()
	}
	var bots []*campfire.BotSettings
	err := s.store.Read(ctx, func(r *store.Reader) error {
		list, err := r.Bots()
		for _, b := range list {
			bots = append(bots, &b.BotSettings)
		}
		return err
	})
	return bots, err
}

// Bot returns one active bot: administrators.
func (s *Service) Bot(ctx context.Context, a campfire.Actor, id campfire.UserID) (*campfire.BotSettings, error) {
	if !a.IsAdministrator() {
		return nil, onlyAdministrators()
	}
	var b *store.Bot
	err := s.store.Read(ctx, func(r *store.Reader) (err error) {
		b, err = activeBot(r, id)
		return err
	})
	if err != nil {
		return nil, err
	}
	return &b.BotSettings, nil
}

func activeBot(r *store.Reader, id campfire.UserID) (*store.Bot, error) {
	b, err := r.Bot(id)
	if err != nil {
		return nil, err
	}
	if b.Status != campfire.Active {
		return nil, campfire.NotFound("bot")
	}
	return b, nil
}

// BotRooms lists the shared rooms that a bot is in, by name: administrators.
func (s *Service) BotRooms(ctx context.Context, a campfire.Actor, id campfire.UserID) (rooms []*campfire.RoomView, err error) {
	if !a.IsAdministrator() {
		return nil, onlyAdministrators()
	}
	err = s.store.Read(ctx, func(r *store.Reader) error {
		if _, err := activeBot(r, id); err != nil {
			return err
		}
		rooms, err = r.SharedRooms(id, true)
		return err
	})
	return slices.DeleteFunc(rooms, func(v *campfire.RoomView) bool { return !v.Member }), err
}

// CreateBot makes a bot, in every open room: administrators.
func (s *Service) CreateBot(ctx context.Context, a campfire.Actor, name, webhookURL string) (*NewBot, error) {
	if !a.IsAdministrator() {
		return nil, onlyAdministrators()
	}
	var ck check
	name = ck.name("name", name, s.limits.MaxName)
	webhookURL = ck.webhookURL("webhook_url", webhookURL)
	if err := ck.err(); err != nil {
		return nil, err
	}
	var made *NewBot
	err := s.store.Write(ctx, func(tx *store.Tx) error {
		if err := s.stillAdministrator(tx, a); err != nil {
			return err
		}
		if s.limits.MaxBots > 0 {
			n, err := tx.CountBots()
			if err != nil {
				return err
			}
			if n >= s.limits.MaxBots {
				return campfire.Conflict("There are as many bots as there may be; remove one first.")
			}
		}
		now := s.now()
		secret := auth.NewSigningSecret()
		b := &store.Bot{WebhookSecret: secret.Reveal(), PostingKey: newPostingKey()}
		b.Name, b.Role, b.CreatedAt, b.WebhookURL = name, campfire.Bot, now, webhookURL
		if err := tx.CreateUser(&b.User, ""); err != nil {
			return err
		}
		if err := tx.CreateBot(b); err != nil {
			return err
		}
		key, err := s.newBotKey(tx, b.ID)
		if err != nil {
			return err
		}
		rooms, err := tx.AddToOpenRooms(b.ID, now)
		if err != nil {
			return err
		}
		for _, room := range rooms {
			tx.Emit(&campfire.MembersAdded{Room: room, Users: []campfire.UserID{b.ID}})
		}
		tx.Emit(&campfire.UserUpdated{User: &b.User})
		made = &NewBot{&b.BotSettings, key, secret}
		return emitHooked(tx)
	})
	return made, err
}

// newBotKey gives a bot a key in place of any that it had.
func (s *Service) newBotKey(tx *store.Tx, bot campfire.UserID) (auth.Secret, error) {
	if err := tx.DeleteCredentials(bot, 0); err != nil {
		return auth.Secret{}, err
	}
	key := auth.NewBotKey(int64(bot))
	return key, tx.CreateCredential(&campfire.Credential{User: bot, Kind: campfire.BotCredential, Scopes: campfire.AllScopes, CreatedAt: s.now()}, key.Hash())
}

// BotPatch names what to change; nil leaves a field. An empty address of the
// webhook removes it.
type BotPatch struct{ Name, WebhookURL *string }

// UpdateBot changes a bot's name and webhook: administrators. A webhook that
// was stopped starts again when its address is set.
func (s *Service) UpdateBot(ctx context.Context, a campfire.Actor, id campfire.UserID, p BotPatch) (*campfire.BotSettings, error) {
	var ck check
	if p.Name != nil {
		p.Name = new(ck.name("name", *p.Name, s.limits.MaxName))
	}
	if p.WebhookURL != nil {
		p.WebhookURL = new(ck.webhookURL("webhook_url", *p.WebhookURL))
	}
	if err := ck.err(); err != nil {
		return nil, err
	}
	return s.changeBot(ctx, a, id, func(_ *store.Tx, b *store.Bot) error {
		if p.Name != nil && *p.Name != b.Name {
			b.Name = *p.Name
			b.Avatar++
		}
		if p.WebhookURL != nil {
			b.WebhookURL, b.WebhookStopped = *p.WebhookURL, 0
		}
		return nil
	})
}

// RenewBotKey replaces a bot's key: administrators. The old one is dead at
// once, and so are the paths of webhooks that were sent.
func (s *Service) RenewBotKey(ctx context.Context, a campfire.Actor, id campfire.UserID) (key auth.Secret, err error) {
	_, err = s.changeBot(ctx, a, id, func(tx *store.Tx, b *store.Bot) error {
		b.PostingKey = newPostingKey()
		key, err = s.newBotKey(tx, id)
		return err
	})
	return key, err
}

// RenewWebhookSecret replaces what signs a bot's webhooks: administrators.
func (s *Service) RenewWebhookSecret(ctx context.Context, a campfire.Actor, id campfire.UserID) (secret auth.Secret, err error) {
	_, err = s.changeBot(ctx, a, id, func(_ *store.Tx, b *store.Bot) error {
		secret = auth.NewSigningSecret()
		b.WebhookSecret = secret.Reveal()
		return nil
	})
	return secret, err
}

// DeactivateBot ends a bot: administrators. What it wrote stays.
func (s *Service) DeactivateBot(ctx context.Context, a campfire.Actor, id campfire.UserID) error {
	if _, err := s.Bot(ctx, a, id); err != nil {
		return err
	}
	return s.Deactivate(ctx, a, id)
}

// changeBot lets an administrator change a bot within a transaction.
func (s *Service) changeBot(ctx context.Context, a campfire.Actor, id campfire.UserID, change func(*store.Tx, *store.Bot) error) (*campfire.BotSettings, error) {
	if !a.IsAdministrator() {
		return nil, onlyAdministrators()
	}
	var b *store.Bot
	err := s.store.Write(ctx, func(tx *store.Tx) (err error) {
		if err := s.stillAdministrator(tx, a); err != nil {
			return err
		}
		if b, err = activeBot(&tx.Reader, id); err != nil {
			return err
		}
		was := b.User
		if err := change(tx, b); err != nil {
			return err
		}
		if b.User != was {
			if err := tx.UpdateUser(&b.User); err != nil {
				return err
			}
			tx.Emit(&campfire.UserUpdated{User: &b.User})
		}
		if err := tx.UpdateBot(b); err != nil {
			return err
		}
		return emitHooked(tx)
	})
	if err != nil {
		return nil, err
	}
	return &b.BotSettings, nil
}

func emitHooked(tx *store.Tx) error {
	hooked, err := tx.Hooked()
	if err != nil {
		return err
	}
	tx.Emit(&campfire.BotsChanged{Hooked: hooked})
	return nil
}

func (s *Service) loadHooked(ctx context.Context) error {
	return s.store.Read(ctx, func(r *store.Reader) error {
		hooked, err := r.Hooked()
		s.hooked.Store(&hooked)
		return err
	})
}

// AuthenticateBot returns the bot whose key stands in a path of a room: its
// own key, or a token that a webhook named for this room. CodeUnauthenticated
// for anything else; then CodeNotFound for a room that the bot is not in.
func (s *Service) AuthenticateBot(ctx context.Context, room campfire.RoomID, key string, c Client) (campfire.Actor, error) {
	a, err := s.Authenticate(ctx, key, c)
	if err == nil && a.Kind != campfire.BotCredential {
		err = campfire.Unauthenticated()
	}
	if campfire.CodeOf(err) == campfire.CodeUnauthenticated && err != nil {
		a, err = s.postingActor(ctx, room, key)
	}
	if err != nil {
		return campfire.Actor{}, err
	}
	if err := s.entered(ctx, a, room); err != nil {
		if code := campfire.CodeOf(err); code == campfire.CodeForbidden || code == campfire.CodeNotFound {
			err = campfire.NotFound("room")
		}
		return campfire.Actor{}, err
	}
	return a, nil
}

// postingLife is how long a bot may post under the path that a webhook named.
const postingLife = campfire.Time(3600e6)

func newPostingKey() (key [32]byte) {
	rand.Read(key[:])
	return key
}

// postingToken stands in for a bot's key in one room until a time: the bot's
// id, a dash, and that time in seconds with a sum that the bot's posting key
// makes of all three.
func postingToken(b *store.Bot, room campfire.RoomID, until campfire.Time) string {
	seconds := binary.BigEndian.AppendUint64(nil, uint64(until.Time().Unix()))[3:]
	return strconv.FormatInt(int64(b.ID), 10) + "-" +
		base64.RawURLEncoding.EncodeToString(append(seconds, postingSum(b, room, seconds)...))
}

const postingSumLen = 20

func postingSum(b *store.Bot, room campfire.RoomID, seconds []byte) []byte {
	h := hmac.New(sha256.New, b.PostingKey[:])
	h.Write(binary.BigEndian.AppendUint64(nil, uint64(b.ID)))
	h.Write(binary.BigEndian.AppendUint64(nil, uint64(room)))
	h.Write(seconds)
	return h.Sum(nil)[:postingSumLen]
}

// postingActor returns the bot that a posting token stands for. Its credential
// is the bot's key: what ends that ends the token.
func (s *Service) postingActor(ctx context.Context, room campfire.RoomID, token string) (a campfire.Actor, err error) {
	no := campfire.Unauthenticated()
	digits, sealed, _ := strings.Cut(token, "-")
	id, ok := campfire.ParseID[campfire.UserID](digits)
	raw, malformed := base64.RawURLEncoding.DecodeString(sealed)
	if !ok || malformed != nil || len(raw) != 5+postingSumLen {
		return a, no
	}
	seconds := raw[:5]
	err = s.store.Read(ctx, func(r *store.Reader) error {
		b, err := activeBot(r, id)
		if campfire.CodeOf(err) == campfire.CodeNotFound && err != nil {
			return no
		}
		if err != nil {
			return err
		}
		until := campfire.Time(binary.BigEndian.Uint64(append(make([]byte, 3), seconds...)) * 1e6)
		if !hmac.Equal(raw[5:], postingSum(b, room, seconds)) || until <= s.now() {
			return no
		}
		keys, err := r.Credentials(id, campfire.BotCredential, s.now())
		if err != nil {
			return err
		}
		if len(keys) == 0 {
			return no
		}
		a = actorOf(&b.User, keys[0])
		return nil
	})
	return a, err
}

// CountMessages counts the messages of a room that a is in.
func (s *Service) CountMessages(ctx context.Context, a campfire.Actor, room campfire.RoomID) (n int, err error) {
	err = s.store.Read(ctx, func(r *store.Reader) error {
		if _, err := entered(r, a, room); err != nil {
			return err
		}
		n, err = r.CountMessages(room)
		return err
	})
	return n, err
}

// maxWebhookURL is what clients and proxies agree on taking, in bytes.
const maxWebhookURL = 2000

// webhookURL checks the address of a webhook; empty is none. It may lead into
// one's own network: administrators set it.
func (c *check) webhookURL(field, s string) string {
	s = strings.TrimSpace(s)
	if s == "" {
		return s
	}
	u, err := url.Parse(s)
	switch {
	case len(s) > maxWebhookURL:
		c.fail(field, "is longer than %d bytes", maxWebhookURL)
	case err != nil, u.Scheme != "http" && u.Scheme != "https", u.Hostname() == "":
		c.fail(field, "must be an address like https://bot.example.org/campfire")
	case u.User != nil:
		c.fail(field, "must not hold a name or password")
	}
	return s
}
