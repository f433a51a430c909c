package web_test

import (
	"bytes"
	"context"
	"strings"
	"testing"

	"campfire"
	"campfire/internal/web"
	"campfire/internal/web/text"
)

// A language that is written from right to left makes pages that are.
func TestPagesHaveTheLanguagesDirection(t *testing.T) {
	w, err := web.New(web.Options{})
	if err != nil {
		t.Fatal(err)
	}
	arabic := &text.Catalogue{Tag: "ar", Name: "العربية", Dir: "rtl", Texts: map[string]string{"login.title": "تسجيل الدخول", "list.comma": "، ", "list.last": "{names} و{last}"}}
	ctx := text.Into(context.Background(), arabic)
	viewer := &campfire.User{Person: campfire.Person{ID: 1, Name: "Ada"}}
	direct := &campfire.RoomView{Room: campfire.Room{ID: 7, Kind: campfire.Direct}, Others: []campfire.Person{{Name: "Bo"}, {Name: "Cy"}, {Name: "Di"}}}
	room := web.RoomView{Page: web.Page{Viewer: viewer}, View: direct}
	var login, whole bytes.Buffer
	if err := w.Login(web.FormView{}).Render(ctx, &login); err != nil {
		t.Fatal(err)
	}
	if err := w.Room(room).Render(ctx, &whole); err != nil {
		t.Fatal(err)
	}
	for name, page := range map[string]string{"login": login.String(), "room": whole.String(), "kept room": string(w.Root(arabic, "")) + string(w.RoomParts(arabic, room).Title)} {
		if !strings.Contains(page, `<html lang="ar" dir="rtl">`) {
			t.Errorf("%s: %.200s", name, page)
		}
		if want := map[bool]string{true: "تسجيل الدخول", false: "Bo، Cy وDi"}[name == "login"]; !strings.Contains(page, want) {
			t.Errorf("%s does not say %q", name, want)
		}
	}
}

// A message is the same in every language: its words are marked, to be
// replaced in the browser.
func TestMessagesAreMarkedForTheBrowser(t *testing.T) {
	w, err := web.New(web.Options{})
	if err != nil {
		t.Fatal(err)
	}
	b := string(w.AppendMessage(nil, &campfire.Message{EditedAt: 1, Quote: &campfire.Quote{Deleted: true}}))
	for _, want := range []string{`data-t="edited">edited<`, `data-t="deleted">This message was deleted<`, `data-t-label="options" aria-label="Message options"`} {
		if !strings.Contains(b, want) {
			t.Errorf("no %s in %s", want, b)
		}
	}
	for _, c := range text.All() {
		for _, key := range []string{"js.edited", "js.deleted", "js.options"} {
			if c.T(key) == key {
				t.Errorf("%s has no %s", c.Tag, key)
			}
		}
	}
}
