package chat

import (
	"cmp"
	"context"
	"slices"
	"sync"

	"campfire"
	"campfire/internal/cache"
	"campfire/internal/piece"
	"campfire/internal/store"
)

// Sidebar is what every page of one person shows around its own: the
// installation, themselves, and the rooms they are in. It is shared by all
// their requests: nobody may change it.
type Sidebar struct {
	Account *campfire.Account
	Viewer  *campfire.User
	Rows    []*Row   // shared rooms by name, then directs by latest activity
	Groups  []*Group // all rows, in order
	// Strangers are people whom the viewer has no direct with, the oldest
	// accounts first: as many as make up knownPeople with the viewer and those in
	// directs.
	Strangers []campfire.Person
	// Frame holds what is made of Account, Viewer and Strangers alone.
	Frame *Frame

	byRoom map[campfire.RoomID]*Row
}

// Frame holds forms that last until the account, a person or which rooms the
// viewer is in changes, by language.
type Frame struct{ Body, Brand, Middle, Foot piece.Variants }

// Row is a room as its viewer sees it, and how it is listed, by language.
type Row struct {
	*campfire.RoomView
	Listed, Current piece.Variants
	// Head holds what is made of the view without its number and counts.
	Head *RowHead

	asOf cache.Stamp // changes from then on may not be in it
}

// RowHead holds forms that outlast what is written in the room. A shared
// room's Title and Head are its page's.
type RowHead struct {
	Title, Head piece.Variants // by language
	Read        piece.Once
}

// Group is some rows that follow each other, of one kind: shared rooms or
// directs. A change in one room makes one group anew.
type Group struct {
	Rows   []*Row
	Direct bool
	First  bool           // of the sidebar
	Listed piece.Variants // by language
	JSON   piece.Once
}

// knownPeople is how many people a sidebar shows pings with, or offers to begin
// one with.
const knownPeople = 20

// strangers picks, of the oldest accounts, those whom the viewer of some rooms
// has no direct with.
func strangers(oldest []campfire.Person, viewer campfire.UserID, views []*campfire.RoomView) []campfire.Person {
	known := map[campfire.UserID]bool{viewer: true}
	for _, v := range views {
		if v.Kind == campfire.Direct {
			for _, p := range v.Others {
				known[p.ID] = true
			}
		}
	}
	left := max(0, knownPeople-len(known))
	oldest = slices.DeleteFunc(oldest, func(p campfire.Person) bool { return known[p.ID] })
	return slices.Clip(oldest[:min(left, len(oldest))])
}

// Has reports whether a row is in the group.
func (g *Group) Has(r *Row) bool { return slices.Contains(g.Rows, r) }

// groupRows is how many rows a group has: more compress better together, and
// cost more when one of them changes.
const groupRows = 8

// Row returns the row of a room, nil when the viewer is not in it.
func (b *Sidebar) Row(room campfire.RoomID) *Row { return b.byRoom[room] }

// Views returns the rooms without their forms.
func (b *Sidebar) Views() []*campfire.RoomView {
	views := make([]*campfire.RoomView, len(b.Rows))
	for i, r := range b.Rows {
		views[i] = r.RoomView
	}
	return views
}

// size estimates what a sidebar holds on to, its forms included: all rooms
// come in a group and in JSON, and by themselves once they were looked at.
func (b *Sidebar) size() int {
	n := 8<<10 + 400*len(b.Strangers)
	for _, r := range b.Rows {
		n += 1300 + 2*len(r.Name)
		if r.Kind == campfire.Direct {
			n += 2500 + 200*len(r.Others)
		}
	}
	return n
}

// Sidebar returns a's.
func (s *Service) Sidebar(ctx context.Context, a campfire.Actor) (*Sidebar, error) {
	return s.remembered.sidebars.Renew(ctx, a.ID, func(ctx context.Context, old *Sidebar, asOf cache.Stamp) (b *Sidebar, on []cache.Thing, err error) {
		frame := []cache.Thing{accountThing, personThing(a.ID), roomsThing(a.ID), peopleThing}
		if old != nil && s.remembered.versions.Unchanged(asOf, frame...) {
			b, err = s.renewSidebar(ctx, a, old)
		}
		if b == nil && err == nil {
			b, err = s.readSidebar(ctx, a)
		}
		if err != nil {
			return nil, nil, err
		}
		on = frame
		for _, r := range b.Rows {
			on = append(on, roomThing(r.ID), placeThing(r.ID, a.ID))
		}
		return b, on, nil
	})
}

func (s *Service) readSidebar(ctx context.Context, a campfire.Actor) (*Sidebar, error) {
	b := &Sidebar{Frame: &Frame{}}
	asOf := s.remembered.versions.Now()
	var views []*campfire.RoomView
	err := s.store.Read(ctx, func(r *store.Reader) (err error) {
		if b.Account, err = r.Account(); err != nil {
			return err
		}
		if b.Viewer, err = r.User(a.ID); err != nil {
			return err
		}
		if views, err = r.RoomViews(a.ID); err != nil {
			return err
		}
		// Those who are known may be among the oldest, all of them.
		oldest, err := r.OldestPeople(knownPeople)
		b.Strangers = strangers(oldest, a.ID, views)
		return err
	})
	if err != nil {
		return nil, err
	}
	for _, v := range views {
		b.Rows = append(b.Rows, &Row{RoomView: v, Head: &RowHead{}, asOf: asOf})
	}
	b.arrange(nil)
	return b, nil
}

// renewSidebar makes a sidebar of one that differs in its rooms alone. It
// returns nil when too much has changed for that.
func (s *Service) renewSidebar(ctx context.Context, a campfire.Actor, old *Sidebar) (*Sidebar, error) {
	m := &s.remembered
	b := &Sidebar{Account: old.Account, Viewer: old.Viewer, Frame: old.Frame, Strangers: old.Strangers, Rows: slices.Clone(old.Rows)}
	var unknown []int
	directs := false
	for i, r := range b.Rows {
		asOf := m.versions.Now()
		if m.versions.Unchanged(r.asOf, roomThing(r.ID), placeThing(r.ID, a.ID)) {
			continue
		}
		directs = directs || r.Kind == campfire.Direct
		if m.versions.Unchanged(r.asOf, placeThing(r.ID, a.ID)) {
			if view, ok := m.trails.advance(r.RoomView, a.ID, r.asOf); ok {
				if view != r.RoomView {
					b.Rows[i] = &Row{RoomView: view, Head: r.Head, asOf: asOf}
				}
				continue
			}
		}
		unknown = append(unknown, i)
	}
	if len(unknown) > 0 {
		asOf := m.versions.Now()
		err := s.store.Read(ctx, func(r *store.Reader) error {
			for _, i := range unknown {
				view, err := r.RoomView(b.Rows[i].ID, a.ID)
				if err != nil {
					return err
				}
				b.Rows[i] = &Row{RoomView: view, Head: &RowHead{}, asOf: asOf}
			}
			return nil
		})
		if campfire.CodeOf(err) == campfire.CodeNotFound {
			return nil, nil // deleted a moment ago
		}
		if err != nil {
			return nil, err
		}
		for _, i := range unknown {
			// Who is in no more, or a room of another name or kind, has
			// another place in the list, or none.
			if was, is := old.Rows[i], b.Rows[i]; !is.Member || is.Name != was.Name || is.Kind != was.Kind {
				return nil, nil
			}
		}
	}
	if directs {
		slices.SortStableFunc(b.Rows, byActivity)
	}
	b.arrange(old)
	return b, nil
}

// byActivity is the order of directs, behind the shared rooms; of those it
// leaves the order to a stable sort.
func byActivity(a, b *Row) int {
	if a.Kind != campfire.Direct || b.Kind != campfire.Direct {
		return cmp.Compare(btoi(a.Kind == campfire.Direct), btoi(b.Kind == campfire.Direct))
	}
	return cmp.Or(
		cmp.Compare(max(b.LastMessageAt, b.CreatedAt), max(a.LastMessageAt, a.CreatedAt)),
		cmp.Compare(a.ID, b.ID))
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

// arrange makes the groups, of old's where nothing in them has changed.
func (b *Sidebar) arrange(old *Sidebar) {
	b.byRoom = make(map[campfire.RoomID]*Row, len(b.Rows))
	for _, r := range b.Rows {
		b.byRoom[r.ID] = r
	}
	for from := 0; from < len(b.Rows); {
		direct := b.Rows[from].Kind == campfire.Direct
		to := from + 1
		for to < len(b.Rows) && to-from < groupRows && (b.Rows[to].Kind == campfire.Direct) == direct {
			to++
		}
		n := len(b.Groups)
		if old != nil && n < len(old.Groups) && slices.Equal(old.Groups[n].Rows, b.Rows[from:to]) {
			b.Groups = append(b.Groups, old.Groups[n])
		} else {
			b.Groups = append(b.Groups, &Group{Rows: b.Rows[from:to:to], Direct: direct, First: from == 0})
		}
		from = to
	}
}

// trails keep, of each room, the last steps of its log: enough to tell what
// an older view of it has become without reading it again.
type trails struct {
	mu    sync.Mutex
	rooms map[campfire.RoomID]*trail
}

type trail struct {
	since cache.Stamp // views read earlier can't be led on
	steps []step      // consecutive, the newest last
}

// step is one event as it counts.
type step struct {
	seq  campfire.Seq
	by   campfire.UserID // who posted; zero: it changes no count
	at   campfire.Time
	lost bool // what it did to a view is not known here
}

const (
	maxTrails = 2048 // rooms
	maxSteps  = 64   // of one room
)

// blocked lets no view be led on.
const blocked = ^cache.Stamp(0)

// note adds an event, at a moment before anyone is told that the room has
// changed.
func (t *trails) note(e *campfire.Event, now cache.Stamp) {
	s := step{seq: e.Seq}
	switch e.Kind {
	case campfire.MessageCreated:
		if len(e.Reached) > 0 {
			s.lost = true
		} else {
			s.by, s.at = e.Message.Creator.ID, e.Message.CreatedAt
		}
	case campfire.BoostCreated, campfire.BoostDeleted:
	default:
		s.lost = true
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	r := t.rooms[e.Room]
	if r == nil {
		if t.rooms == nil || len(t.rooms) >= maxTrails {
			t.rooms = make(map[campfire.RoomID]*trail)
		}
		r = &trail{since: now} // what happened before is not in it
		t.rooms[e.Room] = r
	}
	if n := len(r.steps); n > 0 && r.steps[n-1].seq+1 != s.seq {
		r.steps = r.steps[:0]
	}
	if len(r.steps) == maxSteps {
		r.steps = slices.Delete(r.steps, 0, maxSteps/2)
	}
	r.steps = append(r.steps, s)
}

// block says that a room has changed otherwise: views of it that were read
// before since can't be led on.
func (t *trails) block(room campfire.RoomID, since cache.Stamp) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if r := t.rooms[room]; r != nil {
		r.since, r.steps = since, r.steps[:0]
	}
}

// advance returns what a view that was read as of a moment has become for its
// viewer, when the steps since then are known: the same when there are none.
func (t *trails) advance(v *campfire.RoomView, viewer campfire.UserID, asOf cache.Stamp) (*campfire.RoomView, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	r := t.rooms[v.ID]
	if r == nil || len(r.steps) == 0 || asOf < r.since {
		return nil, false
	}
	skip := int(v.Seq - r.steps[0].seq + 1)
	if skip < 0 {
		return nil, false
	}
	if skip >= len(r.steps) {
		return v, true
	}
	now := new(*v)
	for _, s := range r.steps[skip:] {
		if s.lost {
			return nil, false
		}
		now.Seq = s.seq
		if s.by == 0 {
			continue
		}
		now.LastMessageAt = s.at
		if s.by != viewer {
			now.UnreadCount = min(now.UnreadCount+1, campfire.MaxCount)
		}
	}
	return now, true
}
