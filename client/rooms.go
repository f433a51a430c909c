package client

import (
	"context"
	"fmt"
)

func roomPath(id int64) string { return fmt.Sprintf("/api/rooms/%d", id) }

// Rooms lists the rooms that the person is in: shared ones by name, directs by
// their latest activity.
func (c *Client) Rooms(ctx context.Context) ([]Room, error) { return c.rooms(ctx, "") }

// OpenRooms lists all open rooms, also those that one has left.
func (c *Client) OpenRooms(ctx context.Context) ([]Room, error) { return c.rooms(ctx, "open") }

// AllRooms lists all shared rooms; for administrators.
func (c *Client) AllRooms(ctx context.Context) ([]Room, error) { return c.rooms(ctx, "all") }

func (c *Client) rooms(ctx context.Context, scope string) ([]Room, error) {
	var out struct {
		Rooms []Room `json:"rooms"`
	}
	err := c.Do(ctx, "GET", query{}.text("scope", scope).on("/api/rooms"), nil, &out)
	return out.Rooms, err
}

// Room returns one room.
func (c *Client) Room(ctx context.Context, id int64) (*Room, error) {
	return c.room(ctx, "GET", roomPath(id), nil)
}

// CreateRoom makes a room: kind is open, closed or direct. A direct has no
// name, and with the same people as one that exists it is that one.
func (c *Client) CreateRoom(ctx context.Context, kind, name string, people ...int64) (*Room, error) {
	in := struct {
		Kind   string  `json:"kind"`
		Name   string  `json:"name,omitempty"`
		People []int64 `json:"user_ids,omitempty"`
	}{kind, name, people}
	return c.room(ctx, "POST", "/api/rooms", in)
}

// RoomPatch is a change of a room; what is nil stays.
type RoomPatch struct {
	Name *string `json:"name,omitempty"`
	Kind *string `json:"kind,omitempty"` // open or closed
}

// UpdateRoom renames a room, opens or closes it.
func (c *Client) UpdateRoom(ctx context.Context, id int64, p RoomPatch) (*Room, error) {
	return c.room(ctx, "PATCH", roomPath(id), p)
}

// DeleteRoom deletes a room with all that is in it.
func (c *Client) DeleteRoom(ctx context.Context, id int64) error {
	return c.Do(ctx, "DELETE", roomPath(id), nil, nil)
}

// JoinRoom comes back into an open room that one had left.
func (c *Client) JoinRoom(ctx context.Context, id int64) (*Room, error) {
	return c.room(ctx, "POST", roomPath(id)+"/join", nil)
}

// SetInvolvement says how much of a room one wants to hear: invisible,
// nothing, mentions or everything.
func (c *Client) SetInvolvement(ctx context.Context, id int64, involvement string) (*Room, error) {
	return c.room(ctx, "PUT", roomPath(id)+"/involvement", map[string]string{"involvement": involvement})
}

func (c *Client) room(ctx context.Context, method, path string, in any) (*Room, error) {
	var out struct {
		Room Room `json:"room"`
	}
	if err := c.Do(ctx, method, path, in, &out); err != nil {
		return nil, err
	}
	return &out.Room, nil
}

// Members lists who is in a room.
func (c *Client) Members(ctx context.Context, room int64) ([]Member, error) {
	var out struct {
		Members []Member `json:"members"`
	}
	err := c.Do(ctx, "GET", roomPath(room)+"/members", nil, &out)
	return out.Members, err
}

// AddMember puts someone into a room.
func (c *Client) AddMember(ctx context.Context, room, user int64) error {
	return c.Do(ctx, "PUT", fmt.Sprintf("%s/members/%d", roomPath(room), user), nil, nil)
}

// RemoveMember takes someone, or oneself, out of a room.
func (c *Client) RemoveMember(ctx context.Context, room, user int64) error {
	return c.Do(ctx, "DELETE", fmt.Sprintf("%s/members/%d", roomPath(room), user), nil, nil)
}

// MarkRead moves the read pointer on to seq; it never moves back.
func (c *Client) MarkRead(ctx context.Context, room, seq int64) error {
	return c.Do(ctx, "PUT", roomPath(room)+"/read", map[string]int64{"seq": seq}, nil)
}

// MarkUnread sets the read pointer just before a message.
func (c *Client) MarkUnread(ctx context.Context, room, message int64) error {
	return c.Do(ctx, "PUT", roomPath(room)+"/read", map[string]int64{"unread_from": message}, nil)
}
