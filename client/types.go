package client

import "time"

// Person is who wrote or boosted.
type Person struct {
	ID        int64  `json:"id"`
	Name      string `json:"name"`
	AvatarURL string `json:"avatar_url"`
}

// User is a person or a bot.
type User struct {
	Person
	Role      string    `json:"role"`
	Status    string    `json:"status"`
	Bio       string    `json:"bio"`
	Email     string    `json:"email"` // of oneself, or for administrators
	CreatedAt time.Time `json:"created_at"`
}

// Account is the installation.
type Account struct {
	Name                 string `json:"name"`
	JoinCode             string `json:"join_code"`
	RestrictRoomCreation bool   `json:"restrict_room_creation"`
	Accent               int    `json:"accent"`
}

// Room is a room as the caller sees it.
type Room struct {
	ID            int64      `json:"id"`
	Name          string     `json:"name"` // empty for directs
	Kind          string     `json:"kind"`
	CreatorID     int64      `json:"creator_id"`
	MemberCount   int        `json:"member_count"`
	Seq           int64      `json:"seq"`
	LastMessageAt *time.Time `json:"last_message_at"`
	CreatedAt     time.Time  `json:"created_at"`
	Involvement   string     `json:"involvement"`
	ReadSeq       int64      `json:"read_seq"`
	UnreadCount   int        `json:"unread_count"`
	MentionCount  int        `json:"mention_count"`
	Users         []Person   `json:"users"`
}

// Message is one message of a room.
type Message struct {
	ID              int64      `json:"id"`
	RoomID          int64      `json:"room_id"`
	Seq             int64      `json:"seq"`
	Version         int64      `json:"version"`
	Creator         Person     `json:"creator"`
	Body            string     `json:"body"`
	HTML            string     `json:"html"`
	Plain           string     `json:"plain"`
	ClientMessageID string     `json:"client_message_id"`
	ReplyTo         int64      `json:"reply_to"`
	Mentions        []int64    `json:"mentions"`
	Here            bool       `json:"here"`
	Everyone        bool       `json:"everyone"`
	Hashtags        []string   `json:"hashtags"`
	URLs            []string   `json:"urls"`
	Boosts          []Boost    `json:"boosts"`
	CreatedAt       time.Time  `json:"created_at"`
	EditedAt        *time.Time `json:"edited_at"`
}

// Boost is a short text or an emoji on a message.
type Boost struct {
	ID        int64     `json:"id"`
	Content   string    `json:"content"`
	Booster   Person    `json:"booster"`
	CreatedAt time.Time `json:"created_at"`
}

// Draft is a message to post. Without a ClientMessageID it gets one.
type Draft struct {
	Body            string `json:"body"`
	ClientMessageID string `json:"client_message_id,omitempty"`
	ReplyTo         int64  `json:"reply_to,omitempty"`
}

// Page is a stretch of a room, oldest first.
type Page struct {
	Messages  []Message `json:"messages"`
	HasBefore bool      `json:"has_before"`
	HasAfter  bool      `json:"has_after"`
	Epoch     string    `json:"epoch"`
	Seq       int64     `json:"seq"`
}

// Event is something that happened in a room. Type is message_created,
// message_updated, message_deleted, boost_created or boost_deleted.
type Event struct {
	Type      string   `json:"type"`
	RoomID    int64    `json:"room_id"`
	Seq       int64    `json:"seq"`
	Message   *Message `json:"message"`
	MessageID int64    `json:"message_id"`
	Boost     *Boost   `json:"boost"`
	BoostID   int64    `json:"boost_id"`
}

// EventPage is a stretch of a room's log.
type EventPage struct {
	Epoch  string  `json:"epoch"`
	Events []Event `json:"events"`
	Seq    int64   `json:"seq"`
	More   bool    `json:"more"`
}

// Result is one search hit; Snippet is HTML with the matches in <mark>.
type Result struct {
	Message Message `json:"message"`
	RoomID  int64   `json:"room_id"`
	Snippet string  `json:"snippet"`
}

// BatchResult is the outcome of one draft of a batch.
type BatchResult struct {
	Status  int      `json:"status"`
	Message *Message `json:"message"`
	Error   *Error   `json:"error"`
}
