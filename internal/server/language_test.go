package server_test

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"campfire/internal/campfiretest"
)

// said is what a room's page says in each language, all around its messages.
var said = map[string][]string{
	"en": {`<html lang="en" dir="ltr">`, "Jump to newest message", "Skip to main content", "New Ping", "Account Settings", "Settings for this room", "Notifying about", "2 people", "Bo and Cy"},
	"de": {`<html lang="de" dir="ltr">`, "Zur neuesten Nachricht", "Zum Inhalt springen", "Neuer Ping", "Kontoeinstellungen", "Einstellungen dieses Raums", "Benachrichtigt bei", "2 Leute", "Bo und Cy"},
	"es": {`<html lang="es" dir="ltr">`, "Ir al mensaje más reciente", "Saltar al contenido", "Nuevo ping", "Ajustes de la cuenta", "Ajustes de esta sala", "Notificaciones de", "2 personas", "Bo y Cy"},
}

// Readers of one room get its page each in their own language, made or kept,
// and under a tag of its own; what happens changes all of them.
func TestEveryoneReadsTheirOwnLanguage(t *testing.T) {
	srv := campfiretest.New(t)
	ada := srv.SetUp()
	bo := srv.Join(ada, "Bo")
	room := busyRoom(srv, ada, "closed", 2)
	srv.Join(ada, "Cy")
	srv.Do(ada, "POST", "/api/rooms", map[string]any{"kind": "direct", "user_ids": []int{2, 3}}).Want(201)
	get := func(token, lang, path, tag string) *campfiretest.Answer {
		return srv.Do(token, "GET", path, nil, "Accept-Language", lang+"-XX,"+lang+";q=0.9", "If-None-Match", tag)
	}
	check := func(when, lang, body string, want []string) {
		t.Helper()
		for _, words := range want {
			if !strings.Contains(body, words) {
				t.Errorf("%s, %s: no %q", when, lang, words)
			}
		}
		for other, words := range said {
			if other != lang {
				for _, w := range words {
					if strings.Contains(body, w) {
						t.Errorf("%s, %s: %q", when, lang, w)
					}
				}
			}
		}
	}
	path := "/rooms/" + room
	tags := map[string]string{}
	whole := regexp.MustCompile(`<p class="flash" role="alert">[^<]*</p>`)
	for _, when := range []string{"made", "kept", "after a post", "after a new name", "after reading"} {
		switch when {
		case "after a post":
			post(srv, bo, room, "a newer needle")
		case "after a new name":
			srv.Do(ada, "PATCH", "/api/rooms/"+room, map[string]any{"name": "Shed"}).Want(200)
		case "after reading":
			srv.Do(ada, "PUT", "/api/rooms/"+room+"/read", map[string]any{"unread_from": 20}).Want(204)
		}
		for _, lang := range []string{"en", "de", "es"} {
			a := get(ada, lang, path, tags[lang])
			if when == "kept" {
				if a.Status != 304 {
					t.Errorf("%s again: %d", lang, a.Status)
				}
				a = get(ada, lang, path, "")
			}
			a.Want(200)
			body := string(a.Body)
			check(when, lang, body, said[lang])
			if when == "after a post" && !strings.Contains(body, "a newer needle") || strings.Contains(body, "Shed") != (when == "after a new name" || when == "after reading") {
				t.Errorf("%s, %s: the page is an old one", when, lang)
			}
			if tag := a.Header.Get("ETag"); tag == tags[lang] && when != "kept" {
				t.Errorf("%s, %s: the tag has not changed", when, lang)
			}
			tags[lang] = a.Header.Get("ETag")
			if rendered := whole.ReplaceAllString(string(get(ada, lang, path+"?did=it", "").Want(200).Body), ""); rendered != body {
				t.Errorf("%s, %s: the joined page is not the template's", when, lang)
			}
			sidebar := string(get(ada, lang, "/sidebar?room="+room, "").Want(200).Body)
			check(when+", sidebar", lang, sidebar, said[lang][3:5])
			// The messages by themselves are the same for everyone.
			if one, other := get(ada, lang, path+"/messages", ""), get(bo, "en", path+"/messages", ""); string(one.Body) != string(other.Body) {
				t.Errorf("%s, %s: the messages are others", when, lang)
			}
		}
		if tags["en"] == tags["de"] || tags["de"] == tags["es"] || tags["en"] == tags["es"] {
			t.Errorf("%s: languages share a tag: %v", when, tags)
		}
		for _, lang := range []string{"en", "de"} {
			other := map[string]string{"en": "de", "de": "en"}[lang]
			if a := get(ada, lang, path, tags[other]); a.Status != 200 {
				t.Errorf("%s: the tag of %s answers %s: %d", when, other, lang, a.Status)
			}
		}
		check(when+", of another", "de", string(get(bo, "de", path, "").Want(200).Body), said["de"][:7])
	}
}

func TestALanguageIsChosen(t *testing.T) {
	srv := campfiretest.New(t)
	ada := srv.SetUp()
	choose := func(token, language, next string) *campfiretest.Answer {
		return srv.Do(token, "POST", "/language", strings.NewReader("language="+language+"&next="+next), "Content-Type", "application/x-www-form-urlencoded")
	}
	for _, c := range []struct{ token, language, next, cookie, location string }{
		{"", "es", "/login?next=%2Frooms%2F1", "campfire_lang=es; Path=/; Max-Age=31536000; HttpOnly; SameSite=Lax", "/login?next=/rooms/1"},
		{ada, "de", "/profile", "campfire_lang=de; Path=/; Max-Age=31536000; HttpOnly; SameSite=Lax", "/profile"},
		{ada, "", "/profile", "campfire_lang=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax", "/profile"},
		{"", "tlh", "//elsewhere.example/", "campfire_lang=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax", "/"},
	} {
		a := choose(c.token, c.language, c.next)
		if a.Status != 303 || a.Header.Get("Set-Cookie") != c.cookie || a.Header.Get("Location") != c.location {
			t.Errorf("%q: %d, %q, to %q", c.language, a.Status, a.Header.Get("Set-Cookie"), a.Header.Get("Location"))
		}
	}
	for _, c := range []struct{ path, accept, cookie, lang, selected string }{
		{"/login", "de", "", "de", ""},
		{"/login", "de", "campfire_lang=es", "es", "es"},
		{"/login", "de", "campfire_lang=tlh", "de", ""},
		{"/login", "", "campfire_lang=en", "en", "en"},
		{"/login", "ja", "", "en", ""},
		{"/nowhere", "es", "", "es", "-"},
		{"/nowhere", "es", "campfire_lang=de", "de", "-"},
	} {
		a := srv.Do("", "GET", c.path, nil, "Accept-Language", c.accept, "Cookie", c.cookie)
		body := string(a.Body)
		if !strings.Contains(body, fmt.Sprintf(`<html lang="%s" dir="ltr">`, c.lang)) {
			t.Errorf("%+v: %.100s", c, body)
		}
		if c.selected == "-" {
			continue
		}
		if a.Header.Get("Vary") != "Accept-Language, Cookie" {
			t.Errorf("%+v: Vary %q", c, a.Header.Get("Vary"))
		}
		chosen := regexp.MustCompile(`<option value="(\w*)"[^>]* selected>`).FindStringSubmatch(body)
		if chosen == nil || chosen[1] != c.selected {
			t.Errorf("%+v: selected is %q", c, chosen)
		}
	}
}

// What a page refuses, it refuses in the reader's language: as a page, beside
// a form and beside its fields. A program is told in English, whatever it asks
// for.
func TestRefusalsAreInTheReadersLanguage(t *testing.T) {
	srv := campfiretest.New(t, "CAMPFIRE_RATE_SEARCH=1/m,1")
	ada := srv.SetUp()
	bo := srv.Join(ada, "Bo")
	form := func(token, path, body string) func(lang string) *campfiretest.Answer {
		return func(lang string) *campfiretest.Answer {
			return srv.Do(token, "POST", path, []byte(body), "Content-Type", "application/x-www-form-urlencoded", "Accept-Language", lang)
		}
	}
	page := func(token, path string) func(lang string) *campfiretest.Answer {
		return func(lang string) *campfiretest.Answer {
			return srv.Do(token, "GET", path, nil, "Accept-Language", lang)
		}
	}
	for _, c := range []struct {
		what            string
		ask             func(lang string) *campfiretest.Answer
		status          int
		english, german string
	}{
		{"a page that is not there", page(ada, "/nowhere"), 404, "There is no such page.", "Diese Seite gibt es nicht."},
		{"a room that is not there", page(ada, "/rooms/99"), 404, "There is no such room.", "Diesen Raum gibt es nicht"},
		{"a link that leads nowhere", page("", "/join/none-such-code"), 404, "There is no such join link.", "Diesen Einladungslink gibt es nicht"},
		{"a number that is none", page(ada, "/search?q=x&before=x"), 404, "There is no such before.", "Das gibt es hier nicht, oder nicht mehr."},
		{"what only administrators may", page(bo, "/account/styles"), 403, "Only administrators can do that.", "Das können nur Administratoren."},
		{"a wrong password", form("", "/login", "email=ada@example.org&password=wrong"), 401, "The address or the password is wrong.", "Die Adresse oder das Passwort ist falsch."},
		{"fields", form(ada, "/profile", "name=&email=nonsense"), 422, "Name must not be empty.", "Name darf nicht leer sein."},
		{"a limit", form(ada, "/profile/password", "password=short&current_password="+campfiretest.Password), 422, "must have at least 10 characters.", "Neues Passwort muss mindestens 10 Zeichen haben."},
		{"a message of nothing", form(ada, "/rooms/1/messages", "body=+"), 422, "Message must not be empty.", "Die Nachricht darf nicht leer sein."},
		{"the last administrator", form(ada, "/users/1/role", "role=member"), 409, "This is the last administrator; make someone else one first.", "Das ist der letzte Administrator"},
		{"too much at once", func(lang string) *campfiretest.Answer {
			page(ada, "/search?q=x")(lang)
			return page(ada, "/search?q=x")(lang)
		}, 429, "That was too much at once. Try again in ", "Das war zu viel auf einmal. Versuch es in "},
	} {
		for lang, want := range map[string]string{"en": c.english, "de": c.german} {
			a := c.ask(lang)
			if a.Status != c.status {
				t.Errorf("%s, %s: %d, want %d", c.what, lang, a.Status, c.status)
			}
			if !strings.Contains(string(a.Body), want) {
				t.Errorf("%s, %s: no %q in %s", c.what, lang, want, a.Body)
			}
			if lang != "en" && strings.Contains(string(a.Body), c.english) {
				t.Errorf("%s, %s: it is in English, too", c.what, lang)
			}
		}
	}
	var problem struct{ Detail string }
	srv.Do(ada, "GET", "/api/rooms/99", nil, "Accept-Language", "de").Want(404).JSON(&problem)
	if problem.Detail != "There is no such room." {
		t.Errorf("a program that asks for German is told %q", problem.Detail)
	}
}
