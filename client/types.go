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
	Role      string    `json:"role"`   // member, administrator or bot
	Status    string    `json:"status"` // active, deactivated or banned
	Bio       string    `json:"bio"`
	Email     string    `json:"email"` // of oneself, or for administrators
	CreatedAt time.Time `json:"created_at"`
}

// Account is the installation.
type Account struct {
	Name                 string `json:"name"`
	JoinCode             string `json:"join_code"`
	RestrictRoomCreation bool   `json:"restrict_room_creation"`
	Previews             bool   `json:"previews"` // whether what links lead to is shown
	Accent               int    `json:"accent"`   // the page's hue, 0 to 359 degrees
	LogoURL              string `json:"logo_url"` // empty: none
}

// Session is a device that someone is signed in on.
type Session struct {
	ID         int64     `json:"id"`
	UserAgent  string    `json:"user_agent"`
	IP         string    `json:"ip"`
	CreatedAt  time.Time `json:"created_at"`
	LastSeenAt time.Time `json:"last_seen_at"`
	Current    bool      `json:"current"` // the one that asks
}

// Token is a personal access token; its secret is told once, when it is made.
type Token struct {
	ID         int64      `json:"id"`
	Name       string     `json:"name"`
	CreatedAt  time.Time  `json:"created_at"`
	LastUsedAt *time.Time `json:"last_used_at"` // nil: never
}

// Room is a room as the caller sees it.
type Room struct {
	ID            int64      `json:"id"`
	Name          string     `json:"name"` // empty for directs
	Kind          string     `json:"kind"` // open, closed or direct
	CreatorID     int64      `json:"creator_id"`
	MemberCount   int        `json:"member_count"`
	Seq           int64      `json:"seq"`             // the number of its latest event
	LastMessageAt *time.Time `json:"last_message_at"` // nil: none yet
	CreatedAt     time.Time  `json:"created_at"`
	Users         []Person   `json:"users"` // of a direct: the others, the first ten

	// The caller's own; Involvement is empty when they are not in the room.
	Involvement  string `json:"involvement"`
	ReadSeq      int64  `json:"read_seq"`
	UnreadCount  int    `json:"unread_count"`  // 1000 means or more
	MentionCount int    `json:"mention_count"` // likewise
}

// Member is someone in a room.
type Member struct {
	User        User      `json:"user"`
	Involvement string    `json:"involvement"`
	JoinedAt    time.Time `json:"joined_at"`
}

// Message is one message of a room.
type Message struct {
	ID              int64      `json:"id"`
	RoomID          int64      `json:"room_id"`
	Seq             int64      `json:"seq"`     // the number it was created under
	Version         int64      `json:"version"` // the number of its last change
	Creator         Person     `json:"creator"`
	Body            string     `json:"body"` // Markdown source
	HTML            string     `json:"html"` // its sanitised rendering
	Plain           string     `json:"plain"`
	ClientMessageID string     `json:"client_message_id"`
	ReplyTo         int64      `json:"reply_to"` // zero: none
	Mentions        []int64    `json:"mentions"` // of users
	Here            bool       `json:"here"`
	Everyone        bool       `json:"everyone"`
	Hashtags        []string   `json:"hashtags"`
	URLs            []string   `json:"urls"`
	Previews        []Preview  `json:"previews"` // of some of URLs; they come after the message
	Sound           string     `json:"sound"`    // what it plays; empty: nothing
	Attachments     []File     `json:"attachments"`
	Boosts          []Boost    `json:"boosts"`
	CreatedAt       time.Time  `json:"created_at"`
	EditedAt        *time.Time `json:"edited_at"` // nil: never
}

// Preview is what a link leads to, as the page says it.
type Preview struct {
	URL         string `json:"url"` // as the message has it
	Title       string `json:"title"`
	Description string `json:"description"`
	Site        string `json:"site"`
	ImageURL    string `json:"image_url"` // empty: none
	Width       int    `json:"width"`
	Height      int    `json:"height"`
}

// File is a file that hangs on a message.
type File struct {
	ID           int64  `json:"id"`
	Filename     string `json:"filename"`
	ContentType  string `json:"content_type"` // by its bytes
	ByteSize     int64  `json:"byte_size"`
	Width        int    `json:"width"` // of a picture or film, in pixels; zero: not known
	Height       int    `json:"height"`
	URL          string `json:"url"`           // a path, for whoever may read the message
	ThumbnailURL string `json:"thumbnail_url"` // empty: none
}

// Boost is a short text or an emoji on a message.
type Boost struct {
	ID        int64     `json:"id"`
	Content   string    `json:"content"`
	Booster   Person    `json:"booster"`
	CreatedAt time.Time `json:"created_at"`
}

// Page is a stretch of a room, oldest first. Epoch and Seq say where the room
// stood as it was read: [Live.Resume] follows from there.
type Page struct {
	Messages  []Message `json:"messages"`
	HasBefore bool      `json:"has_before"`
	HasAfter  bool      `json:"has_after"`
	Epoch     string    `json:"epoch"`
	Seq       int64     `json:"seq"`
}

// The types of [Event].
const (
	MessageCreated = "message_created"
	MessageUpdated = "message_updated"
	MessageDeleted = "message_deleted"
	BoostCreated   = "boost_created"
	BoostDeleted   = "boost_deleted"
)

// Event is something that happened in a room and took a number in its log.
type Event struct {
	Type      string   `json:"type"`
	RoomID    int64    `json:"room_id"`
	Seq       int64    `json:"seq"`
	Message   *Message `json:"message"`    // of a creation or an edit
	MessageID int64    `json:"message_id"` // of the others
	Boost     *Boost   `json:"boost"`      // of boost_created
	BoostID   int64    `json:"boost_id"`   // of boost_deleted
}

// EventPage is a stretch of a room's log; Seq is the room's number.
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
