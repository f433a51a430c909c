package web

import (
	"context"

	"campfire"
	"campfire/internal/web/text"
)

// Page is what every page of a signed-in person has.
type Page struct {
	Site   string // the account's name
	Accent int    // hue, degrees
	Viewer *campfire.User
	Rooms  []*campfire.RoomView // of the sidebar
	Room   campfire.RoomID      // the one shown; zero: none
	Flash  string               // what the last form did
	Error  string               // or why it did not

	parts bool // cut where what changes apart is joined
}

// FormView is a form outside of a session: what was typed, and what is wrong.
type FormView struct {
	Site        string
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
	JoinURL   string             // shown in the oldest room while it is young
	Draft     string             // text that could not be posted
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

// NewRoomView is the form for a room or a direct.
type NewRoomView struct {
	Page
	People []*campfire.User // who can be chosen
	Open   []*campfire.RoomView
	Name   string
	MayAdd bool // shared rooms may be made
}

// EditRoomView is a room's settings.
type EditRoomView struct {
	Page
	View    *campfire.RoomView
	Members []Member
	Others  []*campfire.User // who could be added
	MayEdit bool
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

// AccountView is the installation's settings and its people.
type AccountView struct {
	Page
	Account *campfire.Account
	JoinURL string
	People  []*campfire.User
}

// ProfileView is one's own settings.
type ProfileView struct {
	Page
	Sessions    []*campfire.Credential
	Current     campfire.CredentialID
	TransferURL string // just made; shown this once
	Language    LanguageView
}

// UserView is one person.
type UserView struct {
	Page
	User        *campfire.User
	TransferURL string // just made; shown this once
}

// ErrorView is a page that could not be shown.
type ErrorView struct {
	Site   string
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
