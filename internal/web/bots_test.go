package web_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"campfire/internal/campfiretest"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// An administrator sets a bot up by keys alone, on a phone and on a desk: it
// posts under its key, hears by its webhook, answers, and goes.
func TestBotsStory(t *testing.T) {
	open := newBrowsers(t)
	type window struct {
		name          string
		width, height int64
	}
	sizes := []window{{"phone", 390, 844}, {"desk", 1440, 900}}
	if os.Getenv("CAMPFIRE_PICTURES") != "" {
		sizes = append(sizes, window{"tablet", 820, 1180})
	}
	for _, size := range sizes {
		t.Run(size.name, func(t *testing.T) {
			srv := campfiretest.New(t)
			token := srv.SetUp()
			receiver := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Content-Type", "text/plain")
				_, _ = io.WriteString(w, "The kettle is **on**.")
			}))
			defer receiver.Close()
			b := open(size.width, size.height)
			b.t = t
			w := newWalker(b, size.width, size.height)
			b.signIn(srv, "ada@example.org")
			dark := look{width: size.width, height: size.height, theme: "dark"}
			shown := func(name string) {
				b.whole("bots-" + name + "-" + size.name)
				accessibleInBoth(b, name)
				if os.Getenv("CAMPFIRE_PICTURES") != "" {
					b.wear(dark)
					b.picture("bots-" + name + "-" + size.name + "-dark")
					newWalker(b, size.width, size.height)
				}
			}
			press := func(name string) { w.tab(name); w.key(kb.Enter) }

			b.visit(srv.URL + "/account")
			press("Set up chat bots")
			b.eventually(`document.title.startsWith("Chat bots") && document.querySelector(".empty") !== null`)
			shown("none")
			press("New bot")
			b.eventually(`document.querySelector("#bot-name") !== null`)
			w.tab("Name")
			w.key("Kettle")
			w.tab("Webhook URL")
			b.run(chromedp.SendKeys(`#bot-webhook_url`, "javascript:alert(1)"+kb.Enter))
			b.eventually(`document.activeElement.id === "bot-webhook_url" && document.activeElement.getAttribute("aria-invalid") === "true"`)
			shown("wrong")
			b.run(chromedp.Evaluate[chromedp.Void](`document.querySelector("#bot-webhook_url").value = ""`), chromedp.SendKeys(`#bot-webhook_url`, receiver.URL))
			press("Make the bot")
			b.eventually(`document.querySelectorAll(".made").length === 2`)
			shown("made")
			key := evaluate[string](b, `document.querySelector("#key .made input").value`)
			line := evaluate[string](b, `document.querySelector(".calls input").value`)
			if line != fmt.Sprintf("curl -d 'Hello!' '%s/rooms/1/%s/messages'", srv.URL, key) {
				t.Errorf("the line to paste is %q with key %q", line, key)
			}
			srv.Do("", "POST", "/rooms/1/"+key+"/messages", "Hello!", "Content-Type", "text/plain").Want(201)

			press("Send a test")
			b.eventually(`document.querySelector("#webhook .made")?.textContent.includes("The webhook answered after")`)
			shown("tested")

			// Mentioned, it answers; its messages say that it is a bot.
			srv.Do(token, "POST", "/api/rooms/1/messages", map[string]string{"body": "@Kettle tea?"}).Want(201)
			b.visit(srv.URL + "/rooms/1")
			b.eventually(`[...document.querySelectorAll(".message")].some((m) => m.querySelector(".body").textContent.includes("The kettle is on.") && m.querySelector(".bot-badge")?.textContent === "Bot")`)
			accessibleInBoth(b, "room")
			b.picture("bots-room-" + size.name)

			b.visit(srv.URL + "/account/bots/2")
			if strings.Contains(evaluate[string](b, `document.documentElement.outerHTML`), key) {
				t.Error("the key is shown again")
			}
			press("Delivery log")
			b.eventually(`document.querySelectorAll(".deliveries li").length === 2`)
			shown("log")
			for range presses { // its name says which delivery, and when that was
				if w.key(kb.Tab); evaluate[bool](b, `document.activeElement.matches("#tries button")`) {
					break
				}
			}
			w.key(kb.Enter)
			b.told("It will be delivered again in a moment.")

			// A new key in place of the old one, and the end.
			b.visit(srv.URL + "/account/bots/2")
			press("Regenerate key")
			press("Make a new key")
			b.eventually(`document.querySelector("#key .made") !== null`)
			srv.Do("", "GET", "/rooms/1/"+key+"/messages", nil).Want(401)
			press("Remove Kettle")
			shown("remove")
			press("Remove Kettle for good")
			b.told("The bot is removed.")
			b.eventually(`document.querySelector(".empty") !== null`)
			b.quiet()
		})
	}
}
