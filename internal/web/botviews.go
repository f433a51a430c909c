package web

import (
	"time"

	"campfire"
)

// BotsView is the bots of the installation, and the form for a new one.
type BotsView struct {
	Page
	Bots []*campfire.BotSettings
}

// BotView is one bot.
type BotView struct {
	Page
	Bot    *campfire.BotSettings
	Rooms  []*campfire.RoomView  // shared rooms that it is in
	Site   string                // address of the installation
	Key    string                // just made; shown this once
	Secret string                // just made; shown this once
	Test   *campfire.WebhookTest // just sent

	HasPicture bool
}

// DeliveriesView is a page of the log of a bot's webhook.
type DeliveriesView struct {
	Page
	Bot       *campfire.BotSettings
	Owed      []OwedDelivery // on the first page: what is still to be delivered
	OwedTotal int            // of which Owed are the next
	Tries     []Delivery
	More      bool
	Now       campfire.Time
}

// OwedDelivery is a delivery that is still to be done.
type OwedDelivery struct {
	Room     campfire.RoomID
	Message  campfire.MessageID
	Attempts int           // tries that failed
	Standing string        // sending, scheduled, behind, queued, stopped
	NextAt   campfire.Time // when it is scheduled
	Last     *Delivery     // the latest try; nil: none
}

// Delivery is one try.
type Delivery struct {
	ID      int64
	Room    campfire.RoomID
	Message campfire.MessageID // zero: a test
	Attempt int                // zero: it was not tried
	Outcome string
	Status  int // zero: no answer came
	Detail  string
	Took    time.Duration
	At      campfire.Time
}
