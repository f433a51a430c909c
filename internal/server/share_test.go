package server_test

import (
	"bytes"
	"mime/multipart"
	"net/url"
	"strings"
	"testing"

	"campfire/internal/campfiretest"
)

// What another application hands on ends as the draft of a room, also past the
// sign-in and without scripts.
func TestSharedTextBecomesADraft(t *testing.T) {
	srv := campfiretest.New(t)
	token := srv.SetUp()
	ada := visitor(t, srv, token)
	var form bytes.Buffer
	w := multipart.NewWriter(&form)
	w.WriteField("title", "Tea")
	w.WriteField("text", "Read this & <that>")
	w.WriteField("url", "https://example.org/?a=1&b=2")
	w.WriteField("next", "https://elsewhere.example/")
	file, _ := w.CreateFormFile("files", "kettle.jpg")
	file.Write(make([]byte, 1000))
	w.Close()
	post := func(cookie string, headers ...string) *campfiretest.Answer {
		return srv.Do("", "POST", "/share", form.Bytes(), append([]string{"Content-Type", w.FormDataContentType(), "Cookie", cookie, "Accept", "text/html"}, headers...)...)
	}
	// Without a session: the text waits behind the sign-in.
	next := post("").Want(303).Header.Get("Location")
	login := srv.Do("", "GET", next, nil, "Accept", "text/html").Want(303).Header.Get("Location")
	if !strings.HasPrefix(login, "/login?next=") {
		t.Fatalf("it leads to %s", login)
	}
	back := srv.Do("", "POST", "/login", fields("email", "ada@example.org", "password", campfiretest.Password, "next", next).Encode(),
		"Content-Type", "application/x-www-form-urlencoded").Want(303).Header.Get("Location")
	if back != next {
		t.Errorf("signing in leads to %s, want %s", back, next)
	}
	page := ada.page(next)
	has(t, page, "Tea\nRead this & <that>\nhttps://example.org/?a=1&b=2", `name="room" value="1"`, "The files could not be taken along.")
	hasNot(t, page, "elsewhere.example")
	if raw := string(ada.get(next).Body); strings.Contains(raw, "<that>") {
		t.Error("a shared text is on the page as markup")
	}
	room := ada.get("/share/room?room=1&draft=" + url.QueryEscape("a & b\n<c>")).Want(303).Header.Get("Location")
	if raw := string(ada.get(room).Want(200).Body); !strings.Contains(raw, ">a &amp; b\n&lt;c&gt;</textarea>") {
		t.Error("the room's page does not have the draft")
	}
	ada.get("/share/room?room=x").Want(404)

	// By an ordinary form, too; a part that says the same again is left out.
	a := ada.submit("/share", fields("text", "see https://example.org/", "url", "https://example.org/")).Want(303)
	if page := ada.page(a.Header.Get("Location")); strings.Count(mainOf(page), "https://example.org/") != 2 { // the field and what is shown
		t.Error("the address is said twice")
	}
	has(t, ada.page("/share"), "Nothing was shared.")

	// Another site's page can't, and what is too long is cut.
	post("campfire="+token, "Sec-Fetch-Site", "cross-site", "Origin", "https://elsewhere.example").Want(403)
	post("campfire="+token, "Sec-Fetch-Site", "none").Want(303)
	long := ada.submit("/share", fields("title", strings.Repeat("ä", 5000), "text", strings.Repeat("ö", 5000), "url", "https://example.org/"+strings.Repeat("x", 5000))).Want(303)
	if l := long.Header.Get("Location"); len(l) > 13<<10 {
		t.Errorf("an address of %d bytes", len(l))
	} else {
		ada.page(l)
	}
}
