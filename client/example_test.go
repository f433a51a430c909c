package client_test

import (
	"context"
	"fmt"
	"log"
	"os"
	"os/signal"
	"strings"

	"campfire/client"
)

// A bot that answers whoever asks for tea, in every room that it is in. It
// can be stopped and started, and its connection cut, at any moment: it goes
// on from where it was and answers nothing twice, since an answer's id is made
// of the question's.
func Example() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	c := client.New("https://chat.example.org", os.Getenv("CAMPFIRE_TOKEN"))
	me, err := c.Me(ctx)
	if err != nil {
		log.Fatal(err)
	}
	rooms, err := c.Rooms(ctx)
	if err != nil {
		log.Fatal(err)
	}
	events := make(chan client.Event)
	live := c.Live(client.LiveOptions{
		Event: func(e client.Event) {
			select {
			case events <- e:
			case <-ctx.Done():
			}
		},
		Refused: func(room int64, err error) { log.Printf("room %d: %v", room, err) },
	})
	defer live.Close()
	for _, r := range rooms {
		live.Subscribe(r.ID, r.ReadSeq)
	}
	for {
		select {
		case e := <-events:
			m := e.Message
			if e.Type != client.MessageCreated || m.Creator.ID == me.ID || !strings.Contains(m.Plain, "tea?") {
				continue
			}
			_, err := live.Post(ctx, e.RoomID, client.Draft{
				Body: "It's ready.", ReplyTo: m.ID, ClientMessageID: fmt.Sprintf("tea-%d", m.ID),
			})
			if err != nil {
				log.Printf("answer %d: %v", m.ID, err)
			}
		case <-ctx.Done():
			return
		}
	}
}

// Going through all that was ever said in a room, newest first.
func ExampleClient_History() {
	c := client.New("https://chat.example.org", os.Getenv("CAMPFIRE_TOKEN"))
	for m, err := range c.History(context.Background(), 1) {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Printf("%s %s: %s\n", m.CreatedAt.Format("15:04"), m.Creator.Name, m.Plain)
	}
}
