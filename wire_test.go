package campfire

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestWireStringsDecodeToWhatWasEncoded(t *testing.T) {
	for _, s := range []string{"", "plain", `q"uo\te`, "tab\tnl\ncr\r nul\x00 esc\x1b del\x7f", "é日本🔥", "\u2028\u2029", "<script>&amp;</script>"} {
		checkString(t, s)
	}
}

func FuzzWireString(f *testing.F) {
	f.Add("a\xffb\"\\\x01é")
	f.Fuzz(checkString)
}

func checkString(t *testing.T, s string) {
	b := AppendJSONString(nil, s)
	if fromBytes := AppendJSONString(nil, []byte(s)); string(fromBytes) != string(b) {
		t.Errorf("bytes give %s, string gives %s", fromBytes, b)
	}
	var got string
	if err := json.Unmarshal(b, &got); err != nil {
		t.Fatalf("%s: %v", b, err)
	}
	if !utf8.Valid(b) {
		t.Errorf("%q is no UTF-8", b)
	}
	if want := strings.ToValidUTF8(s, ""); strings.ReplaceAll(got, "\ufffd", "") != strings.ReplaceAll(want, "\ufffd", "") {
		t.Errorf("got %q, want %q", got, s)
	}
}

func TestWireMessageLeavesOutEmptyMetadata(t *testing.T) {
	w := Wire{Base: "/chat"}
	m := &Message{ID: 7, Room: 2, Seq: 3, Version: 3, Creator: Person{ID: 1, Name: "Ada", Avatar: 4},
		Body: "hi", HTML: "<p>hi</p>", Plain: "hi", ClientID: "c1", CreatedAt: 1_700_000_000_123_456}
	const want = `{"id":7,"room_id":2,"seq":3,"creator":{"id":1,"name":"Ada","avatar_url":"/chat/users/1/avatar?v=4"},` +
		`"body":"hi","html":"<p>hi</p>","plain":"hi","client_message_id":"c1","version":3,"created_at":"2023-11-14T22:13:20.123Z"}`
	if got := string(w.AppendMessage(nil, m)); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}

	m.ReplyTo, m.EditedAt = 5, m.CreatedAt
	m.Meta = &MessageMeta{Mentions: []UserID{3}, Here: true, Everyone: true, Hashtags: []string{"tea"}, URLs: []string{"https://example.org"}}
	m.Boosts = []Boost{{ID: 9, Booster: Person{ID: 3, Name: "Bo"}, Content: "👍", CreatedAt: m.CreatedAt}}
	for name, b := range map[string][]byte{
		"message":       w.AppendMessage(nil, m),
		"created":       w.AppendEvent(nil, &Event{Kind: MessageCreated, Room: 2, Seq: 3, MessageID: 7, Message: m}),
		"updated html":  w.AppendEventHTML(nil, &Event{Kind: MessageUpdated, Room: 2, Seq: 3, MessageID: 7, Message: m}, []byte("<p>")),
		"deleted":       w.AppendEvent(nil, &Event{Kind: MessageDeleted, Room: 2, Seq: 3, MessageID: 7}),
		"boosted":       w.AppendEvent(nil, &Event{Kind: BoostCreated, Room: 2, Seq: 3, MessageID: 7, BoostID: 9, Boost: &m.Boosts[0]}),
		"unboosted":     w.AppendEventHTML(nil, &Event{Kind: BoostDeleted, Room: 2, Seq: 3, MessageID: 7, BoostID: 9}, nil),
		"user":          w.AppendUser(nil, &User{Person: m.Creator, Email: "ada@example.org"}, true),
		"room view":     w.AppendRoomView(nil, &RoomView{Room: Room{ID: 1, Kind: Direct}, Member: true, Others: []Person{m.Creator}}),
		"room":          w.AppendRoom(nil, &Room{ID: 1, Name: "Tea"}),
		"user, private": w.AppendUser(nil, &User{Person: m.Creator, Email: "ada@example.org"}, false),
	} {
		var v map[string]any
		if err := json.Unmarshal(b, &v); err != nil {
			t.Errorf("%s: %v\n%s", name, err, b)
		}
		if _, has := v["email"]; has != (name == "user") {
			t.Errorf("%s: email shown = %v", name, has)
		}
	}
}

func TestIDsThatCanNameNothingAreRefused(t *testing.T) {
	for s, ok := range map[string]bool{"1": true, "42": true, "9007199254740991": true, "9007199254740992": false,
		"9223372036854775808": false, "0": false, "-1": false, "+1": false, "01": false, "": false, "1a": false, "１": false} {
		if _, got := ParseID[RoomID](s); got != ok {
			t.Errorf("ParseID(%q) taken = %v, want %v", s, got, ok)
		}
	}
}

func TestExcerptIsOneLineAndBounded(t *testing.T) {
	if got := Excerpt("  one\n two  three "); got != "one two three" {
		t.Errorf("excerpt %q", got)
	}
	if got := []rune(Excerpt(strings.Repeat("ä", 200))); len(got) != 141 || got[140] != '…' {
		t.Errorf("a long one has %d runes", len(got))
	}
}

func BenchmarkAppendMessage(b *testing.B) {
	m := &Message{ID: 7, Room: 2, Seq: 3, Version: 3, Creator: Person{ID: 1, Name: "Ada"}, Body: strings.Repeat("tea ", 40),
		HTML: "<p>" + strings.Repeat("tea ", 40) + "</p>", Plain: strings.Repeat("tea ", 40), ClientID: "c1", CreatedAt: 1_700_000_000_123_456}
	buf := make([]byte, 0, 4096)
	b.ReportAllocs()
	for b.Loop() {
		buf = Wire{}.AppendMessage(buf[:0], m)
	}
}
