package campfire

import (
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// Device is a browser, or another program, that takes pushes for a person. It
// ends with the credential that subscribed it.
type Device struct {
	ID         DeviceID
	User       UserID
	Credential CredentialID
	Endpoint   string // whoever knows it can disturb the device: a secret
	Key        string // p256dh, as the browser gave it
	Auth       string
	UserAgent  string // cut to 400 bytes
	Language   string // of the page that subscribed, BCP 47
	Base       string // address of the installation as the device sees it, without a final slash
	CreatedAt  Time

	// The latest push to it. LastAt is zero before the first.
	LastAt        Time
	LastSuccessAt Time // zero: none was ever taken
	LastStatus    int  // of the push service's answer; 0: it was not reached
	LastDetail    string
}

// Notifications are what a person has set about being told of messages, beside
// the involvement in each room.
type Notifications struct {
	TimeZone    string // of IANA, such as Europe/Berlin; of the quiet hours
	Quiet       []QuietHours
	PausedUntil Time // zero: not paused
	// Keywords concern the person like a mention, where mentions do.
	Keywords []string
}

// QuietHours is a stretch of a day's time on some days of the week, in which
// nothing is pushed. One that ends before it begins goes on into the day after.
type QuietHours struct {
	Days     []time.Weekday `json:"days"` // on which it begins
	From, To Minute
}

// Minute is a time of day: minutes since midnight, 0 to 1,439.
type Minute int

// String returns the minute as 07:30.
func (m Minute) String() string {
	return string([]byte{'0' + byte(m/600), '0' + byte(m/60%10), ':', '0' + byte(m%60/10), '0' + byte(m%10)})
}

// ParseMinute reads 07:30.
func ParseMinute(s string) (Minute, bool) {
	t, err := time.Parse("15:04", s)
	if err != nil || len(s) != len("15:04") {
		return 0, false
	}
	return Minute(t.Hour()*60 + t.Minute()), true
}

// QuietAt returns the quiet hours that an instant lies in, nil when in none. A
// time zone that is not known is UTC.
func (n *Notifications) QuietAt(at Time) *QuietHours {
	zone, err := time.LoadLocation(n.TimeZone)
	if err != nil {
		zone = time.UTC
	}
	local := at.Time().In(zone)
	now := Minute(local.Hour()*60 + local.Minute())
	today, yesterday := local.Weekday(), (local.Weekday()+6)%7
	for i := range n.Quiet {
		q := &n.Quiet[i]
		switch {
		case q.From < q.To && q.on(today) && q.From <= now && now < q.To,
			q.From >= q.To && (q.on(today) && now >= q.From || q.on(yesterday) && now < q.To):
			return q
		}
	}
	return nil
}

func (q *QuietHours) on(d time.Weekday) bool {
	for _, day := range q.Days {
		if day == d {
			return true
		}
	}
	return false
}

// Keyword returns the first of the person's keywords that a text has as a word
// or words of its own, letter case ignored; empty when it has none.
func (n *Notifications) Keyword(text string) string {
	if len(n.Keywords) == 0 {
		return ""
	}
	text = strings.ToLower(text)
	for _, k := range n.Keywords {
		if hasWord(text, strings.ToLower(k)) {
			return k
		}
	}
	return ""
}

// hasWord reports whether word stands in text with no letter or digit beside
// it. Scripts that write words without spaces have no such thing: there it is
// enough that it stands there.
func hasWord(text, word string) bool {
	for from := 0; word != ""; {
		i := strings.Index(text[from:], word)
		if i < 0 {
			return false
		}
		i += from
		before, _ := utf8.DecodeLastRuneInString(text[:i])
		first, size := utf8.DecodeRuneInString(text[i:])
		last, _ := utf8.DecodeLastRuneInString(word)
		after, _ := utf8.DecodeRuneInString(text[i+len(word):])
		if !together(before, first) && !together(last, after) {
			return true
		}
		from = i + size
	}
	return false
}

// together reports whether two runes beside each other are of one word.
func together(a, b rune) bool {
	inWord := func(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r) }
	spaceless := func(r rune) bool {
		return unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Thai, unicode.Lao, unicode.Khmer, unicode.Myanmar)
	}
	return a != utf8.RuneError && b != utf8.RuneError && inWord(a) && inWord(b) && !spaceless(a) && !spaceless(b)
}

// Rule is why a person was told of a message, or was not.
type Rule string

// The rules, those that tell first.
const (
	RuleEverything Rule = "everything" // hears of all messages of the room
	RuleMention    Rule = "mention"    // was mentioned
	RuleKeyword    Rule = "keyword"    // the text has one of the person's keywords

	RuleAuthor       Rule = "author"        // wrote it
	RuleNotMember    Rule = "not_member"    // was not in the room
	RuleNoDevice     Rule = "no_device"     // had no device that takes pushes
	RuleInvisible    Rule = "invisible"     // has the room out of sight
	RuleNothing      Rule = "nothing"       // wants to hear nothing of the room
	RuleNotMentioned Rule = "not_mentioned" // hears of mentions there, and this was none
	RuleRead         Rule = "read"          // had read it before it was to be sent
	RulePaused       Rule = "paused"        // had paused all notifications
	RuleQuietHours   Rule = "quiet_hours"   // it was within quiet hours

	RulePending   Rule = "pending"   // it is not decided yet
	RuleDropped   Rule = "dropped"   // the outbox was full
	RuleForgotten Rule = "forgotten" // it is so long ago that nobody knows
)

// Tells reports whether the rule is one that tells.
func (r Rule) Tells() bool {
	return r == RuleEverything || r == RuleMention || r == RuleKeyword
}

// Explanation says why a person was told of a message, or was not.
type Explanation struct {
	// Notified is true when the push service of at least one device has taken it.
	Notified   bool
	Rule       Rule
	Keyword    string // of RuleKeyword
	DecidedAt  Time   // zero: nothing had to be decided
	Deliveries []PushTry
}

// PushTry is one try to reach one device, or a device that is still to be tried.
type PushTry struct {
	Device    DeviceID
	UserAgent string // empty: the device is no longer there
	At        Time
	Outcome   string // done, skipped, failed, given_up, dropped; waiting
	Status    int    // of the push service's answer; 0: none came
	Detail    string
}

// Push is what one device is told: of a message, or, without one, that pushes
// arrive.
type Push struct {
	Device  *Device
	Room    *Room
	Message *Message
	Urgent  bool // it is for the person rather than for the room
	Unread  int  // rooms with something unread
}
