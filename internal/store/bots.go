package store

import (
	"campfire"
	"campfire/internal/sqlite"
)

// Bot is a bot with what only its owner and its webhook's receiver know.
type Bot struct {
	campfire.BotSettings
	WebhookSecret string   // signs what is sent
	PostingKey    [32]byte // makes the tokens that let it post in answer
}

const botColumns = userColumns + `, b.webhook_url, b.webhook_stopped, b.webhook_secret, b.posting_key`

func scanBot(scan func(...any) error, b *Bot) error {
	var key []byte
	err := scan(userDest(&b.User, &b.WebhookURL, &b.WebhookStopped, &b.WebhookSecret, &key)...)
	copy(b.PostingKey[:], key)
	return err
}

var (
	botGet  = define("bot", `SELECT `+botColumns+` FROM bots b JOIN users u ON u.id = b.user_id WHERE b.user_id = $1`)
	botList = define("bots", `SELECT `+botColumns+` FROM bots b JOIN users u ON u.id = b.user_id
		WHERE u.status = 0 ORDER BY u.name_folded, u.id`)
	botCount = define("bots", `SELECT count(*) FROM bots b JOIN users u ON u.id = b.user_id WHERE u.status = 0`)
	botHooks = define("bots", `SELECT b.user_id FROM bots b JOIN users u ON u.id = b.user_id
		WHERE u.status = 0 AND b.webhook_url <> '' AND b.webhook_stopped = 0 ORDER BY b.user_id`)
	botCreate = define("bot_write", `INSERT INTO bots (user_id, webhook_url, webhook_stopped, webhook_secret, posting_key) VALUES ($1, $2, $3, $4, $5)`)
	botUpdate = define("bot_write", `UPDATE bots SET webhook_url = $2, webhook_stopped = $3, webhook_secret = $4, posting_key = $5 WHERE user_id = $1`)

	messageCount = define("message_count", `SELECT count(*) FROM messages WHERE room_id = $1 AND deleted = 0`)
)

// Bot returns one bot, active or not.
func (r *Reader) Bot(id campfire.UserID) (*Bot, error) {
	b := &Bot{}
	err := scanBot(func(dest ...any) error { return r.one(botGet, args{id}, dest...) }, b)
	if err != nil {
		return nil, notFound(err, "bot")
	}
	return b, nil
}

// Bots returns all active bots by name.
func (r *Reader) Bots() ([]*Bot, error) {
	return list(r, botList, nil, func(rows *sqlite.Stmt, b **Bot) error {
		*b = &Bot{}
		return scanBot(rows.Scan, *b)
	})
}

// CountBots counts active bots.
func (r *Reader) CountBots() (n int, err error) { return n, r.one(botCount, nil, &n) }

// Hooked returns the ids of the active bots that hear of messages, ascending.
func (r *Reader) Hooked() ([]campfire.UserID, error) {
	return column[campfire.UserID](r, botHooks, nil)
}

// CreateBot stores what makes a bot of a user that is stored.
func (tx *Tx) CreateBot(b *Bot) error {
	return tx.exec(botCreate, b.ID, b.WebhookURL, b.WebhookStopped, b.WebhookSecret, b.PostingKey[:])
}

// UpdateBot stores all fields of b but those of its user.
func (tx *Tx) UpdateBot(b *Bot) error {
	return tx.exec(botUpdate, b.ID, b.WebhookURL, b.WebhookStopped, b.WebhookSecret, b.PostingKey[:])
}

// CountMessages counts a room's messages that are not deleted.
func (r *Reader) CountMessages(room campfire.RoomID) (n int, err error) {
	return n, r.one(messageCount, args{room}, &n)
}
