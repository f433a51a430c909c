package web_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"campfire/internal/campfiretest"

	"github.com/chromedp/cdproto/accessibility"
	"github.com/chromedp/chromedp"
	"github.com/google/go-cmp/cmp"
)

// heard is a node of the accessibility tree: what a screen reader comes to.
type heard struct {
	role, name  string
	value       string
	description string
	states      []string
	level       int
	children    []*heard
}

// listen returns a window's page as it is read aloud.
func (b *browser) listen() *heard {
	b.t.Helper()
	tree, err := chromedp.Call(b.ctx, accessibility.GetFullAXTree, accessibility.GetFullAXTreeParams{})
	if err != nil {
		b.t.Fatal(err)
	}
	nodes := make(map[accessibility.NodeID]*accessibility.Node, len(tree.Nodes))
	for _, n := range tree.Nodes {
		nodes[n.NodeID] = n
	}
	root := &heard{role: "page"}
	root.take(nodes, tree.Nodes[0])
	return root
}

// passed are roles that say nothing by themselves: their children stand in
// their place.
var passed = map[string]bool{"": true, "none": true, "generic": true, "RootWebArea": true, "paragraph": true, "LabelText": true, "Legend": true, "ListMarker": true, "strong": true, "emphasis": true, "DescriptionList": true, "time": true, "sectionheader": true, "sectionfooter": true, "Ruby": true, "term": true, "definition": true, "code": true, "mark": true, "Abbr": true, "superscript": true, "HeaderAsNonLandmark": true, "FooterAsNonLandmark": true, "MenuListPopup": true}

// tellingStates are the properties that are read with a node.
var tellingStates = map[accessibility.PropertyName]bool{"checked": true, "expanded": true, "pressed": true, "selected": true, "disabled": true, "invalid": true, "required": true, "readonly": true, "modal": true}

func (h *heard) take(nodes map[accessibility.NodeID]*accessibility.Node, n *accessibility.Node) {
	at := h
	role := axText(n.Role)
	if role == "InlineTextBox" {
		return
	}
	if !n.Ignored && (!passed[role] || role == "generic" && axText(n.Name) != "") {
		at = &heard{role: role, name: clean(axText(n.Name)), value: clean(axText(n.Value)), description: clean(axText(n.Description))}
		for _, p := range n.Properties {
			v := axText(p.Value)
			switch {
			case p.Name == accessibility.PropertyNameLevel:
				_ = json.Unmarshal([]byte(v), &at.level)
			case p.Name == accessibility.PropertyNameLive && v != "off":
				at.states = append(at.states, "live "+v)
			case !tellingStates[p.Name] || v == "false":
			case v == "true":
				at.states = append(at.states, string(p.Name))
			default:
				at.states = append(at.states, string(p.Name)+" "+v)
			}
		}
		h.children = append(h.children, at)
	}
	for _, id := range n.ChildIDs {
		if c := nodes[id]; c != nil {
			at.take(nodes, c)
		}
	}
}

// Each run has times, ports and codes of its own.
var (
	addresses = regexp.MustCompile(`http://[^/\s'"]+`)
	codes     = regexp.MustCompile(`(/join/|/transfer/)[\w-]+`)
	dates     = regexp.MustCompile(`\b(January|February|March|April|May|June|July|August|September|October|November|December|Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sep|Oct|Nov|Dec) \d{1,2}(, \d{4})?\b`)
	spans     = regexp.MustCompile(`\b\d+(\.\d)? m?s\b`)
	clocks    = regexp.MustCompile(`\b\d{1,2}:\d{2}(:\d{2})?\s?[AP]M\b`)
)

func clean(s string) string {
	s = addresses.ReplaceAllString(s, "http://host")
	s = codes.ReplaceAllString(s, "$1…")
	s = dates.ReplaceAllString(s, "(date)")
	s = spans.ReplaceAllString(s, "(span)")
	s = clocks.ReplaceAllString(s, "(time)")
	s = strings.ReplaceAll(s, "(date), (time)", "(time)") // of the next day, before midnight
	return strings.Join(strings.Fields(s), " ")
}

// write appends a page's text, a line for each node. Text that is a node's
// whole name is not said again; the sidebar only where it is asked for.
func (h *heard) write(w *strings.Builder, depth int, sidebar bool) {
	for i := 0; i < len(h.children); i++ {
		c := h.children[i]
		if c.role == "StaticText" {
			first := i
			for i < len(h.children) && h.children[i].role == "StaticText" {
				i++
			}
			// A label is heard with its control, which stands before it or behind.
			label := func(s string) bool {
				return i < len(h.children) && h.children[i].name == s || first > 0 && h.children[first-1].name == s
			}
			var line []string // what stands in one
			for _, c := range h.children[first:i] {
				if !label(clean(c.name)) {
					line = append(line, c.name)
				}
			}
			said := clean(strings.Join(line, " "))
			labels := label(said)
			i--
			if said != "" && said != h.name && !labels {
				fmt.Fprintf(w, "%s%s\n", strings.Repeat("  ", depth), said)
			}
			continue
		}
		w.WriteString(strings.Repeat("  ", depth))
		w.WriteString(c.role)
		if c.level > 0 && c.role == "heading" {
			fmt.Fprintf(w, " %d", c.level)
		}
		if c.name != "" {
			fmt.Fprintf(w, " %q", c.name)
		}
		if c.value != "" {
			fmt.Fprintf(w, " = %q", c.value)
		}
		for _, s := range c.states {
			fmt.Fprintf(w, " [%s]", s)
		}
		if c.description != "" {
			fmt.Fprintf(w, " (%s)", shortened(c.description))
		}
		w.WriteByte('\n')
		if whole[c.role] || c.role == "complementary" && !sidebar {
			continue // it is read as its name, or is the same on each page
		}
		c.write(w, depth+1, sidebar)
	}
}

// shortened is the beginning of a text: enough to tell it.
func shortened(s string) string {
	if r := []rune(s); len(r) > 40 {
		return string(r[:40]) + "…"
	}
	return s
}

// text is all that is written in a node.
func (h *heard) text() string {
	var parts []string
	for _, c := range h.children {
		if c.role == "StaticText" {
			parts = append(parts, c.name)
		} else {
			parts = append(parts, c.text())
		}
	}
	return strings.Join(strings.Fields(strings.Join(parts, " ")), " ")
}

// all returns the nodes of a page in the order in which they are read.
func (h *heard) all() []*heard {
	list := []*heard{h}
	for _, c := range h.children {
		list = append(list, c.all()...)
	}
	return list
}

// named are the roles that mean nothing without a name.
var named = map[string]bool{
	"textbox": true, "searchbox": true, "combobox": true, "checkbox": true, "radio": true, "switch": true, "slider": true, "spinbutton": true, "button": true,
	"link": true, "menuitem": true, "menuitemradio": true, "option": true, "image": true, "DisclosureTriangle": true, "dialog": true, "menu": true, "listbox": true, "log": true, "heading": true, "tab": true,
}

// whole are the roles that are read as their name, whatever is in them.
var whole = map[string]bool{"button": true, "link": true, "textbox": true, "searchbox": true, "combobox": true, "checkbox": true, "radio": true, "switch": true, "slider": true, "menuitem": true, "menuitemradio": true, "option": true, "image": true, "DisclosureTriangle": true}

// landmarks are what one moves among on a page.
var landmarks = map[string]bool{"banner": true, "complementary": true, "contentinfo": true, "main": true, "navigation": true, "region": true, "search": true, "form": true}

// rules returns what of a page is wrong whatever it is about.
func (h *heard) rules(signedIn bool) []string {
	var wrong []string
	say := func(format string, args ...any) { wrong = append(wrong, fmt.Sprintf(format, args...)) }
	count := make(map[string]int)
	marks := make(map[string][]string)
	last := 0
	for _, n := range h.all() {
		count[n.role]++
		if named[n.role] && n.name == "" {
			say("a %s without a name: %q", n.role, n.text())
		}
		if icons.MatchString(n.name) && n.role != "StaticText" {
			say("a %s is called by a sign: %q", n.role, n.name)
		}
		if landmarks[n.role] && (n.role != "form" || n.name != "") { // a form without a name is none
			marks[n.role] = append(marks[n.role], n.name)
		}
		if n.role == "heading" {
			if n.level == 1 {
				count["h1"]++
			}
			// The sidebar's headings stand before the page's first.
			if n.level > last+1 && (last > 0 || n.level > 2) {
				say("heading %d %q after heading %d", n.level, n.name, last)
			}
			last = n.level
		}
	}
	if count["h1"] != 1 {
		say("%d headings of the first level", count["h1"])
	}
	if count["main"] != 1 {
		say("%d main parts", count["main"])
	}
	if signedIn && count["navigation"] == 0 {
		say("no navigation")
	}
	for role, names := range marks {
		seen := make(map[string]bool)
		for _, name := range names {
			if len(names) > 1 && name == "" {
				say("one of %d landmarks %s has no name", len(names), role)
			}
			if seen[name] && name != "" {
				say("two landmarks %s are called %q", role, name)
			}
			seen[name] = true
		}
	}
	return wrong
}

// icons are signs that a reader would spell out.
var icons = regexp.MustCompile(`^[⋯…×✕✓←→↓↑+•]$`)

// has reports whether something of a role says a text.
func (h *heard) has(role, text string) bool {
	for _, n := range h.all() {
		if n.role == role && (strings.Contains(n.name, text) || strings.Contains(n.text(), text)) {
			return true
		}
	}
	return false
}

// Each page as it is read aloud, in its order, is what it was; a change of it
// is seen in the diff of a commit ("go test ./internal/web -run ReadAloud
// -update"). Some rules hold for every page.
func TestPagesReadAloud(t *testing.T) {
	open := newBrowsers(t)
	srv := campfiretest.New(t)
	hear := func(b *browser, name string) *heard {
		t.Helper()
		page := b.listen()
		for _, wrong := range page.rules(evaluate[bool](b, `document.body.classList.contains("app")`)) {
			t.Errorf("%s: %s", name, wrong)
		}
		var got strings.Builder
		fmt.Fprintf(&got, "title %q\n", clean(evaluate[string](b, `document.title.replace(/^\(\d+\) /, "")`))) // what is unread comes and goes
		page.write(&got, 0, name == "room")
		file := filepath.Join("testdata", "reader", name+".txt")
		if *update {
			if err := os.WriteFile(file, []byte(got.String()), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(want), got.String()); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
		return page
	}
	told := func(page *heard, name, role, text string) {
		t.Helper()
		if !page.has(role, text) {
			t.Errorf("%s: %q is not told as %s", name, text, role)
		}
	}
	guest := open(1200, 800)
	guest.visit(srv.URL + "/setup")
	hear(guest, "setup")
	token := furnish(srv)
	var account struct {
		Account struct {
			JoinCode string `json:"join_code"`
		}
	}
	srv.Do(token, "GET", "/api/account", nil).Want(200).JSON(&account)
	guest.visit(srv.URL + "/join/" + account.Account.JoinCode)
	hear(guest, "join")
	guest.visit(srv.URL + "/join/nonsense")
	hear(guest, "error")
	guest.visit(srv.URL + "/login")
	hear(guest, "login")
	guest.run(chromedp.SendKeys(`input[name=email]`, "ada@example.org"), chromedp.SendKeys(`input[name=password]`, "not this one\r"), chromedp.WaitVisible(`.flash`))
	told(hear(guest, "login-refused"), "login-refused", "alert", "password")

	ada := open(1200, 800)
	ada.signIn(srv, "ada@example.org")
	read := func(name, path string) {
		ada.visit(srv.URL + path)
		ada.eventually(`document.readyState === "complete" && [...document.querySelectorAll(".directs [data-user]")].every((e) => e.dataset.liveStatus) && !document.querySelector("time:not([title]), .room.unread[aria-current]")`)
		page := hear(ada, name)
		if strings.HasPrefix(path, "/rooms/") && !strings.Contains(path[7:], "/") && name != "new-room" && !page.has("log", "") {
			t.Errorf("%s: the messages are no log", name)
		}
	}
	for _, p := range [][2]string{
		{"room", "/rooms/2"}, {"welcome", "/rooms/1"}, {"empty-room", "/rooms/4"}, {"direct", "/rooms/6"}, {"rooms", "/rooms"}, {"new-room", "/rooms/new"}, {"new-ping", "/directs/new"},
		{"room-settings", "/rooms/5/edit"}, {"message", "/rooms/2/messages/2/edit"}, {"search", "/search?q=label"}, {"search-nothing", "/search?q=xyzzy"}, {"mentions", "/mentions"},
		{"profile", "/profile"}, {"account", "/account"}, {"styles", "/account/styles"}, {"user", "/users/2"},
	} {
		read(p[0], p[1])
	}
	told(hear(ada, "user"), "user", "main", "Bo")
	ada.visit(srv.URL + "/search?q=label")
	told(ada.listen(), "search", "status", "found")
	ada.visit(srv.URL + "/profile")
	ada.run(chromedp.Click(`#me .button.primary`))
	ada.told("Saved.")
	told(ada.listen(), "profile, saved", "alert", "Saved.")
	ada.fill(`#token-name`, "backup\r")
	ada.eventually(`document.querySelector("#tokens .made") !== null`)
	told(ada.listen(), "token", "status", "backup")

	// What opens.
	ada.visit(srv.URL + "/rooms/2")
	ada.says("So it was the driver. Lunch at half past twelve, then?")
	ada.key("k", ctrl)
	ada.eventually(`document.querySelectorAll(".switcher-line").length > 3`)
	page := ada.listen()
	for _, wrong := range page.rules(true) {
		t.Errorf("switcher: %s", wrong)
	}
	told(page, "switcher", "listbox", "Search messages")
	ada.key("\x1b")
	ada.eventually(`!document.querySelector("dialog")`)
	ada.options("So it was the driver. Lunch at half past twelve, then?", "Delete message")
	ada.eventually(`document.querySelector("dialog[open]") !== null`)
	told(ada.listen(), "deleting", "dialog", "Delete this message for everyone?")

	// What programs and devices bring.
	connect(t, srv, token)
	for _, p := range connected {
		read(p[0], p[1])
	}
	ada.calm()
}
