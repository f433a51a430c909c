package campfire

import "time"

// BotSettings is a bot and where it hears of messages.
type BotSettings struct {
	User
	WebhookURL     string // empty: nowhere
	WebhookStopped Time   // when the receiver said that it is gone; zero: it did not
}

// Hooked reports whether the bot hears of messages.
func (b *BotSettings) Hooked() bool {
	return b.Status == Active && b.WebhookURL != "" && b.WebhookStopped == 0
}

// Delivery is a message on its way to a bot's webhook.
type Delivery struct {
	Bot     Person
	URL     string
	Secret  string // signs it
	Room    *Room
	Message *Message
	Token   string // in place of the bot's key, in this room, for an hour
}

// WebhookTest is how the test of a webhook ended.
type WebhookTest struct {
	Outcome string // done, failed or given_up
	Status  int    // of the answer; 0: none came
	Detail  string // what came, or why nothing did
	Took    time.Duration
}
