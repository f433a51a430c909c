package web_test

import (
	"encoding/json"
	"testing"

	"campfire/internal/campfiretest"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// The manifest says where to, and the worker takes what comes there: text and
// files end in the composer of the room that is chosen, by keys.
func TestSharedThingsComeToTheComposer(t *testing.T) {
	open := newBrowsers(t)
	srv := campfiretest.New(t)
	token := srv.SetUp()
	srv.Do(token, "POST", "/api/rooms", map[string]string{"kind": "open", "name": "Kitchen"}).Want(201)
	var manifest struct {
		Share struct {
			Action, Method, Enctype string
			Params                  struct {
				Files []struct{ Name string }
			}
		} `json:"share_target"`
	}
	if err := json.Unmarshal(srv.Do("", "GET", "/manifest.webmanifest", nil).Want(200).Body, &manifest); err != nil {
		t.Fatal(err)
	}
	if s := manifest.Share; s.Action != "/share" || s.Method != "POST" || s.Enctype != "multipart/form-data" || len(s.Params.Files) != 1 || s.Params.Files[0].Name != "files" {
		t.Errorf("the manifest says %+v", s)
	}

	b := open(390, 844)
	signIn(b, srv, "ada")
	b.eventually(`navigator.serviceWorker.controller?.state === "activated"`)
	b.visit(srv.URL + "/rooms/2")
	b.run(chromedp.SendKeys(`#composer textarea`, "begun before"))
	b.eventually(`localStorage.getItem("campfire.draft." + document.body.dataset.viewer + ".2") === "begun before"`)
	// As the browser does when an application shares.
	b.run(chromedp.Evaluate[chromedp.Void](`(() => {
		const form = document.createElement("form");
		form.method = "post"; form.action = "/share"; form.enctype = "multipart/form-data";
		for (const [name, value] of [["title", "Tea"], ["text", "Read this & <that>"]]) {
			const input = document.createElement("input");
			input.name = name; input.value = value;
			form.append(input);
		}
		const files = document.createElement("input");
		files.type = "file"; files.name = "files"; files.multiple = true;
		const held = new DataTransfer();
		held.items.add(new File(["leaves"], "leaves ü.txt", { type: "text/plain" }));
		files.files = held.files;
		form.append(files);
		document.body.append(form);
		form.submit();
	})()`))
	b.eventually(`location.pathname === "/share" && document.querySelector(".handed")?.textContent === "Tea\nRead this & <that>" && document.querySelector(".shared-files")?.textContent === "leaves ü.txt"`)
	b.whole("share-390")
	accessible(b, "the page to share from")
	b.run(chromedp.Focus(`#share-filter`), chromedp.SendKeys(`#share-filter`, "kit"))
	b.eventually(`[...document.querySelectorAll("#share-rooms li")].filter((e) => !e.hidden).length === 1`)
	b.key(kb.Tab)
	b.eventually(`document.activeElement.textContent.trim() === "Kitchen"`)
	b.enter()
	b.eventually(`location.pathname === "/rooms/2" && location.search === ""`)
	b.eventually(`document.querySelector("#composer textarea").value === "begun before\n\nTea\nRead this & <that>"`)
	b.eventually(`document.querySelector(".tray")?.textContent.includes("leaves ü.txt")`)
	b.picture("shared-390")
	if left := evaluateAsync[bool](b, `caches.has("campfire-shared:/")`); left {
		t.Error("the files are still held after they were handed over")
	}
	b.run(chromedp.Focus(`#composer textarea`))
	b.enter()
	b.eventually(`[...document.querySelectorAll("article.message:not(.pending)")].some((e) => e.textContent.includes("leaves ü.txt") && e.textContent.includes("Read this & <that>"))`)
	b.run(chromedp.Reload(), chromedp.WaitVisible(`#composer`))
	b.eventually(`document.querySelector("#composer textarea").value === "" && !document.querySelector(".tray li")`)
	b.quiet()
}
