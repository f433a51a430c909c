package campfire

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
