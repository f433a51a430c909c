package web

import (
	"cmp"
	"context"
	"net/url"
	"slices"
	"strings"

	"campfire"
	"campfire/internal/web/text"

	"github.com/a-h/templ"
)

// Look is what every page is dressed in.
type Look struct {
	Site   string // the account's name
	Accent int    // hue, degrees
	Styles string // version of the account's own style sheet; empty: none
	Logo   string // version of the account's own logo; empty: none
	Theme  string // "light" or "dark"; empty: as the device has it
}

// Unset is how pages look before there is an account.
var Unset = Look{Site: "Campfire", Accent: 45}

// Page is what every page of a signed-in person has.
type Page struct {
	Look
	Viewer *campfire.User
	Rooms  []*campfire.RoomView // of the sidebar
	Room   campfire.RoomID      // the one shown; zero: none
	// Strangers are people to begin a ping with, of the sidebar.
	Strangers []campfire.Person
	Flash     string // what the last form did
	Error     string // or why it did not
	Form      Form   // which of the page's forms did not, and why

	parts bool // cut where what changes apart is joined
}

// FormView is a form outside of a session: what was typed, and what is wrong.
type FormView struct {
	Look
	Error       string
	Fields      map[string]string // broken rules by field
	Name        string
	Email       string
	AccountName string
	Code        string // of a join link
	Token       string // of a sign-in link
	For         string // whom a sign-in link signs in
	Next        string // where to go after signing in
	Help        string // whom to write to
	Version     string
	Language    LanguageView
}

// about ties a field to what is said of it: what is wrong, and what a new
// password must be.
func (v FormView) about(field, autocomplete string) templ.Attributes {
	var said []string
	if v.Fields[field] != "" {
		said = append(said, field+"-error")
	}
	if autocomplete == "new-password" {
		said = append(said, "password-hint")
	}
	if said == nil {
		return nil
	}
	return templ.Attributes{"aria-describedby": strings.Join(said, " ")}
}

// begin is the field that a form begins at: the first that is wrong, else the
// first that is empty.
func (v FormView) begin(fields ...string) string {
	for _, f := range fields {
		if v.Fields[f] != "" {
			return f
		}
	}
	typed := map[string]string{"name": v.Name, "email": v.Email}
	for _, f := range fields {
		if typed[f] == "" {
			return f
		}
	}
	return ""
}

// LanguageView is the choice of a language.
type LanguageView struct {
	Chosen string // tag; empty: as the browser says
	Here   string // path of the page, to come back to
}

// RoomView is a room with a stretch of its messages.
type RoomView struct {
	Page
	View      *campfire.RoomView
	Messages  []*campfire.Message
	HasBefore bool
	HasAfter  bool
	Epoch     string
	Seq       campfire.Seq
	Highlight campfire.MessageID // of a permalink; zero: none
	Unread    campfire.Seq       // the read pointer when the page was made
	Maker     string             // who made the room
	JoinURL   string             // shown in the oldest room while it is young
	Draft     string             // text that could not be posted
}

// people are everyone in a direct whose names are known, in an order that is the
// same for each of them.
func (v RoomView) people() []campfire.Person {
	all := append([]campfire.Person{v.Viewer.Person}, v.View.Others...)
	slices.SortFunc(all, func(a, b campfire.Person) int { return cmp.Compare(a.ID, b.ID) })
	return all
}

// introduced is what a room's introduction calls it: a direct after all who are
// in it, for each of them.
func (v RoomView) introduced(ctx context.Context) string {
	if v.View.Kind != campfire.Direct {
		return v.View.Name
	}
	all := v.people()
	if len(all) < v.View.MemberCount {
		return text.N(ctx, "room.members", v.View.MemberCount)
	}
	names := make([]string, len(all))
	for i, p := range all {
		names[i] = p.Name
	}
	return text.Of(ctx).List(names)
}

// readers says who can read a room.
func (v RoomView) readers(ctx context.Context) string {
	switch {
	case v.View.Kind == campfire.Open:
		return text.T(ctx, "intro.open")
	case v.View.Kind == campfire.Closed:
		return text.N(ctx, "intro.closed", v.View.MemberCount)
	case v.View.MemberCount == 1:
		return text.T(ctx, "intro.self")
	case v.View.MemberCount == 2:
		return text.T(ctx, "intro.pair")
	}
	return text.N(ctx, "intro.group", v.View.MemberCount)
}

// made is the sentence of who made the room, before and behind the day.
func (v RoomView) made(ctx context.Context) (before, behind string) {
	const day = "\x00"
	before, behind, _ = strings.Cut(text.T(ctx, "intro.made", "name", v.Maker, "date", day), day)
	return before, behind
}

// MessagesView is a stretch of messages to add to a page.
type MessagesView struct {
	Messages  []*campfire.Message
	HasBefore bool
	HasAfter  bool
	Epoch     string
	Seq       campfire.Seq // the room's number when it was read
}

// SearchView is a search and what it found.
type SearchView struct {
	Page
	Query  string
	Before campfire.MessageID // older than which the page is; zero: the newest
	Hits   []Hit
	More   bool
	Recent []string
}

// Hit is one result of a search.
type Hit struct {
	Message *campfire.Message
	Room    string
	Snippet string // safe HTML
}

// MentionsView is a page of the mentions inbox.
type MentionsView struct {
	Page
	Before   campfire.MessageID // older than which the page is; zero: the newest
	Mentions []Mention
	More     bool
}

// Mention is a message that addresses the viewer.
type Mention struct {
	Message *campfire.Message
	Room    string
	Snippet string // safe HTML
}

// room is one of the viewer's rooms; nil: they are in none of this number.
func (p Page) room(id campfire.RoomID) *campfire.RoomView {
	for _, r := range p.Rooms {
		if r.ID == id {
			return r
		}
	}
	return nil
}

// unread reports whether the viewer has a message of someone else's to read.
func (p Page) unread(m *campfire.Message) bool {
	r := p.room(m.Room)
	return r != nil && m.Seq > r.ReadSeq && m.Creator.ID != p.Viewer.ID
}

// MaxListed bounds the people of one page that are chosen from.
const MaxListed = 2000

// NewRoomView is the form for a shared room.
type NewRoomView struct {
	Page
	People []*campfire.User // who can be chosen
	MayAdd bool             // shared rooms may be made
}

// NewPingView is the form for a direct.
type NewPingView struct {
	Page
	People []*campfire.User // who can be chosen
}

// BrowseView is the open rooms that the viewer is not in.
type BrowseView struct {
	Page
	Open []*campfire.RoomView
}

// EditRoomView is a room's settings.
type EditRoomView struct {
	Page
	View    *campfire.RoomView
	Members []Member
	Others  []*campfire.User // who could be added
	MayEdit bool
	Hooks   HooksView // when MayEdit
}

// people is everyone who can be ticked, members first.
func (v EditRoomView) people() []*campfire.User {
	var all []*campfire.User
	for _, m := range v.Members {
		all = append(all, m.User)
	}
	return append(all, v.Others...)
}

// ending names what can end: that the viewer is in the room, and the room.
func (v EditRoomView) ending(ctx context.Context) string {
	switch {
	case v.View.Kind == campfire.Direct:
		return text.T(ctx, "editping.delete")
	case v.MayEdit && v.View.Member:
		return text.T(ctx, "editroom.ending")
	case v.MayEdit:
		return text.T(ctx, "editroom.delete", "room", v.View.Name)
	}
	return text.T(ctx, "editroom.leave")
}

// leaving is what comes of leaving the room.
func (v EditRoomView) leaving(ctx context.Context) string {
	if v.View.Kind == campfire.Open {
		return text.T(ctx, "editroom.leave.open")
	}
	return text.T(ctx, "editroom.leave.closed")
}

// in is who is ticked.
func (v EditRoomView) in() map[campfire.UserID]bool {
	in := make(map[campfire.UserID]bool, len(v.Members))
	for _, m := range v.Members {
		in[m.User.ID] = true
	}
	return in
}

// self is who stays unasked: the viewer, when they are in the room.
func (v EditRoomView) self() campfire.UserID {
	if v.View.Member {
		return v.Viewer.ID
	}
	return 0
}

// Member is one row of a member list.
type Member struct {
	User        *campfire.User
	Involvement campfire.Involvement
}

// EditMessageView is one message with all that can be done to it, for
// browsers without scripts.
type EditMessageView struct {
	Page
	Message *campfire.Message
}

// AccountView is the installation's settings and a page of its people.
type AccountView struct {
	Page
	Account        *campfire.Account
	JoinURL        string
	Name           string // that the list is narrowed to
	After          campfire.UserID
	Administrators []*campfire.User
	Members        []*campfire.User
	More           bool
	Total          int // people there are
}

// people is the path of a page of the list.
func (v AccountView) people(after campfire.UserID) string {
	q := url.Values{}
	if v.Name != "" {
		q.Set("q", v.Name)
	}
	if after != 0 {
		q.Set("after", idOf(after))
	}
	if len(q) == 0 {
		return "/account"
	}
	return "/account?" + q.Encode()
}

// StylesView is the installation's own style sheet.
type StylesView struct {
	Page
	CSS string
}

// ProfileView is one's own settings.
type ProfileView struct {
	Page
	HasPicture       bool // of one's own
	Sessions         []*campfire.Credential
	Current          campfire.CredentialID
	ByLink           bool // the current session began with a sign-in link
	Tokens           []*campfire.Credential
	Secret, SecretOf string // of a token just made, and its name; shown this once
	API              string // address of a call to try a token with
	TransferURL      string // just made; shown this once
	Language         LanguageView
}

// NotificationsView is what one has set about being told of messages.
type NotificationsView struct {
	Page
	Devices  []*campfire.Device
	Current  campfire.CredentialID
	Settings *campfire.Notifications
	Zoned    bool // a time zone was chosen
	Now      campfire.Time
}

// WhyView is why the viewer was told of a message, or was not.
type WhyView struct {
	Page
	Message     *campfire.Message
	Explanation *campfire.Explanation
}

// UserView is one person.
type UserView struct {
	Page
	HasPicture  bool
	User        *campfire.User
	Common      []*campfire.RoomView // shared rooms that the viewer is in, too
	TransferURL string               // just made; shown this once
}

// ErrorView is a page that could not be shown.
type ErrorView struct {
	Look
	Status int
	Detail string
}

// Operation is one call of the API, for the page that documents it.
type Operation struct {
	Method, Path, Summary string
}

// RoomTitle is what a room is called for its viewer, in the context's language.
func RoomTitle(ctx context.Context, v *campfire.RoomView, viewer *campfire.User) string {
	if v.Kind != campfire.Direct {
		return v.Name
	}
	if len(v.Others) == 0 {
		return viewer.Name
	}
	names := make([]string, len(v.Others))
	for i, p := range v.Others {
		names[i] = p.Name
	}
	return text.Of(ctx).List(names)
}
