package web_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"campfire/internal/campfiretest"
	"campfire/internal/webpush/webpushtest"

	cdpbrowser "github.com/chromedp/cdproto/browser"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/serviceworker"
	"github.com/chromedp/chromedp"
)

// allowNotifications answers the browser's question before it is asked.
func (b *browser) allowNotifications(srv *campfiretest.Server, setting cdpbrowser.PermissionSetting) {
	b.t.Helper()
	_, err := chromedp.Call(b.ctx, cdpbrowser.SetPermission, cdpbrowser.SetPermissionParams{
		Permission: &cdpbrowser.PermissionDescriptor{Name: "notifications"}, Setting: setting, Origin: srv.URL,
		BrowserContextID: chromedp.FromContext(b.ctx).BrowserContextID,
	})
	if err != nil {
		b.t.Fatal(err)
	}
}

// stubPush makes the page's browser one of a push service of ours: Chromium
// here reaches none.
func (b *browser) stubPush(d *webpushtest.Device) {
	b.t.Helper()
	subscription, err := json.Marshal(d.JSON())
	if err != nil {
		b.t.Fatal(err)
	}
	b.run(chromedp.Evaluate[chromedp.Void](fmt.Sprintf(`(() => {
		let made = null;
		PushManager.prototype.getSubscription = async () => made;
		PushManager.prototype.subscribe = async (options) => {
			const text = options.applicationServerKey.replaceAll("-", "+").replaceAll("_", "/");
			const key = Uint8Array.from(atob(text), (c) => c.charCodeAt(0)).buffer;
			made = { options: { applicationServerKey: key }, toJSON: () => (%s), unsubscribe: async () => { made = null; return true } };
			return made;
		};
	})()`, subscription)))
}

// The bell turns notifications on, a mention arrives, a test does, and the page
// says why.
func TestNotificationsStory(t *testing.T) {
	open := newBrowsers(t)
	srv := campfiretest.New(t, "CAMPFIRE_OUTBOUND_ALLOW=127.0.0.0/8:*")
	ada := srv.SetUp()
	bo := srv.Join(ada, "Bo")
	service := webpushtest.New(t)
	d := service.Device()
	b := open(1440, 900)
	b.allowNotifications(srv, cdpbrowser.PermissionSettingGranted)
	b.signIn(srv, "ada@example.org")
	b.eventually(`navigator.serviceWorker.controller?.state === "activated"`)
	b.stubPush(d)
	b.eventually(`document.querySelector("form.bell button.asks")`)
	b.run(chromedp.Click(`form.bell button`))
	b.eventually(`document.querySelector(".levels .enable")?.innerText === "Turn on notifications here"`)
	b.picture("push-bell")
	accessibleInBoth(b, "the bell's menu")
	b.run(chromedp.Click(`.levels .enable`))
	b.eventually(`document.querySelector(".toast")?.innerText === "Notifications reach this device now."`)
	b.eventually(`!document.querySelector("form.bell button.asks")`)
	b.run(chromedp.Click(`form.bell button`))
	b.eventually(`document.querySelector(".levels") && !document.querySelector(".levels .enable")`)
	b.run(chromedp.Evaluate[chromedp.Void](`document.activeElement.dispatchEvent(new KeyboardEvent("keydown", { key: "Escape", bubbles: true }))`))

	// A mention while the room is not on screen.
	b.run(chromedp.Evaluate[chromedp.Void](`document.querySelector('a[href="/profile"]').click()`), chromedp.WaitVisible(`#notifications a`))
	b.run(chromedp.Click(`#notifications a`), chromedp.WaitVisible(`#this-device p`))
	b.eventually(`document.querySelector("#this-device p").innerText === "Notifications reach this device."`)
	b.whole("push-page-desk")
	srv.Do(bo, "POST", "/api/rooms/1/messages", map[string]string{"body": "<@1> tea?"}).Want(201)
	got := d.Wait(30*time.Second, "the mention", func(got []webpushtest.Received) bool { return len(got) == 1 })
	if got[0].Body != "Bo: @Ada tea?" {
		t.Errorf("got %+v", got[0])
	}
	b.run(chromedp.Click(`#devices form[data-test] button`))
	b.eventually(`document.querySelector("#devices .note").innerText === "The push service has taken it. It should be on the screen now."`)
	d.AnswerStatus(1, 403, "")
	b.run(chromedp.Click(`#devices form[data-test] button`))
	b.eventually(`document.querySelector("#devices .note").innerText === "The push service did not take it: no, says the push service"`)

	b.run(chromedp.Evaluate[chromedp.Void](`document.querySelector('.room[data-room="1"]').click()`), chromedp.WaitVisible(`#composer`))
	b.options("@Ada tea?", "Why was I (not) notified?")
	b.eventually(`document.querySelector("dialog.why h2")?.innerText === "You were notified" && document.querySelector("dialog.why p").innerText === "The message mentions you." && document.querySelectorAll("dialog.why li").length === 1`)
	b.picture("push-why")
	accessibleInBoth(b, "why, as a dialog")
	b.run(chromedp.Click(`dialog.why button.primary`), chromedp.WaitNotPresent(`dialog.why`))
	b.quiet()
}

// Where notifications are denied, the bell says what to do.
func TestBellHelpsWhereItIsDenied(t *testing.T) {
	open := newBrowsers(t)
	srv := campfiretest.New(t)
	srv.SetUp()
	b := open(390, 844)
	b.allowNotifications(srv, cdpbrowser.PermissionSettingDenied)
	b.signIn(srv, "ada@example.org")
	b.run(chromedp.Click(`form.bell button`), chromedp.WaitVisible(`.levels .enable`))
	b.picture("push-bell-phone")
	b.run(chromedp.Click(`.levels .enable`))
	b.eventually(`document.querySelector("dialog.question p")?.innerText.startsWith("Your browser blocks notifications")`)
	b.picture("push-denied-phone")
	accessibleInBoth(b, "notifications are denied")
	b.run(chromedp.Click(`dialog.question button`), chromedp.WaitNotPresent(`dialog.question`))
	b.eventually(`document.activeElement.closest("form.bell") !== null`)
	b.quiet()
}

// Quiet hours, pause and keywords, as one goes through them, and without
// scripts.
func TestNotificationForms(t *testing.T) {
	open := newBrowsers(t)
	srv := campfiretest.New(t)
	ada := srv.SetUp()
	b := open(390, 844)
	b.signIn(srv, "ada@example.org")
	b.visit(srv.URL + "/notifications")
	b.whole("push-page-phone")
	if zone := evaluate[string](b, `document.getElementById("quiet-time_zone").value`); zone == "" {
		t.Error("the time zone is not filled in")
	}
	b.run(chromedp.Evaluate[chromedp.Void](`document.querySelector('[name="day-0"][value="1"]').click(); document.querySelector('[name="day-0"][value="5"]').click()`))
	b.fill(`#quiet-time_zone`, "Nowhere/Never")
	b.press("Save quiet hours")
	b.eventually(`document.activeElement.id === "quiet-time_zone" && document.activeElement.getAttribute("aria-invalid") === "true"`)
	if !evaluate[bool](b, `document.querySelector('[name="day-0"][value="5"]').checked`) {
		t.Error("what was chosen is lost with what was refused")
	}
	b.fill(`#quiet-time_zone`, "Europe/Berlin")
	b.press("Save quiet hours")
	b.told("Saved")
	b.whole("push-page-quiet-phone")
	accessibleInBoth(b, "quiet hours")
	b.press("Until tomorrow")
	b.eventually(`document.querySelector("#pause .part-body p")?.innerText.startsWith("Paused until")`)
	b.fill(`#keywords-keywords`, "kettle\nblue mug")
	b.press("Save keywords")
	b.eventually(`document.querySelector("#keywords-keywords")?.defaultValue === "kettle\nblue mug"`)
	got := string(srv.Do(ada, "GET", "/api/users/me/notifications", nil).Want(200).Body)
	if !strings.Contains(got, `"time_zone":"Europe/Berlin","quiet_hours":[{"days":["monday","friday"]`) || !strings.Contains(got, `"keywords":["kettle","blue mug"]`) || strings.Contains(got, `"paused_until":null`) {
		t.Errorf("stored: %s", got)
	}
	b.press("Resume")
	b.eventually(`document.querySelector("#pause") && !document.querySelector("#pause .part-body p")`)
	b.quiet()
}

// deliver gives the worker of a page what a push service would.
func (b *browser) deliver(srv *campfiretest.Server, payload string) {
	b.t.Helper()
	found := make(chan serviceworker.RegistrationID, 16)
	if err := chromedp.Listen(b.ctx, func(ev any) {
		if ev, ok := ev.(*serviceworker.EventWorkerRegistrationUpdated); ok {
			for _, r := range ev.Registrations {
				if strings.HasPrefix(r.ScopeURL, srv.URL) && !r.IsDeleted {
					select {
					case found <- r.RegistrationID:
					default:
					}
				}
			}
		}
	}); err != nil {
		b.t.Fatal(err)
	}
	if _, err := chromedp.Call(b.ctx, serviceworker.Enable, cdp.Empty{}); err != nil {
		b.t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(b.ctx, 20*time.Second)
	defer cancel()
	select {
	case id := <-found:
		_, err := chromedp.Call(b.ctx, serviceworker.DeliverPushMessage, serviceworker.DeliverPushMessageParams{Origin: srv.URL, RegistrationID: id, Data: payload})
		if err != nil {
			b.t.Fatal(err)
		}
		if _, err := chromedp.Call(b.ctx, serviceworker.Disable, cdp.Empty{}); err != nil { // so that the next one names them again
			b.t.Fatal(err)
		}
	case <-ctx.Done():
		b.t.Fatal("the browser names no worker")
	}
}

// onScreen are the notifications on the screen, with where they lead.
const onScreen = `(async () => (await (await navigator.serviceWorker.ready).getNotifications()).map((n) => [n.tag, n.title, n.body, n.data.navigate].join("|")))()`

func (b *browser) notifies(want ...string) {
	b.t.Helper()
	b.run(chromedp.Evaluate[chromedp.Void](`window.shown = []; clearInterval(window.looking); window.looking = setInterval(() => ` + onScreen + `.then((s) => window.shown = s), 50)`))
	list, err := json.Marshal(want)
	if err != nil {
		b.t.Fatal(err)
	}
	if want == nil {
		list = []byte("[]")
	}
	b.eventually(fmt.Sprintf(`JSON.stringify(window.shown) === JSON.stringify(%s)`, list))
}

// The worker shows what is pushed, a newer one of a room in place of the older;
// a click leads there in the window that is open; reading the room elsewhere
// takes the notification away.
func TestWorkerShowsAndLeads(t *testing.T) {
	open := newBrowsers(t)
	srv := campfiretest.New(t)
	ada := srv.SetUp()
	bo := srv.Join(ada, "Bo")
	b := open(1000, 700)
	b.allowNotifications(srv, cdpbrowser.PermissionSettingGranted)
	b.signIn(srv, "ada@example.org")
	b.eventually(`navigator.serviceWorker.controller?.state === "activated"`)
	b.visit(srv.URL + "/notifications")
	srv.Do(bo, "POST", "/api/rooms/1/messages", map[string]string{"body": "<@1> tea?"}).Want(201)
	b.eventually(`document.querySelector('.room[data-room="1"]').dataset.unread === "1"`)
	push := func(body string) string {
		return fmt.Sprintf(`{"web_push":8030,"notification":{"title":"All Talk","dir":"auto","body":%q,"navigate":"%s/rooms/1/@1","tag":"room-1","silent":false,"renotify":true,"data":{"room":1,"message":1}},"app_badge":1,"mutable":false}`, body, srv.URL)
	}
	b.deliver(srv, push("Bo: tea?"))
	b.notifies("room-1|All Talk|Bo: tea?|" + srv.URL + "/rooms/1/@1")
	b.deliver(srv, push("Bo: now?"))
	b.notifies("room-1|All Talk|Bo: now?|" + srv.URL + "/rooms/1/@1")

	// The operating system's part of a click, done in the worker.
	b.run(chromedp.Evaluate[chromedp.Void](`window.stays = true`))
	b.click()
	b.eventually(`location.pathname === "/rooms/1/@1" && window.stays === true && document.querySelector(".message.highlight")`)
	b.notifies()

	// Nothing that is no notification is shown as one, but something is.
	b.visit(srv.URL + "/notifications")
	b.deliver(srv, "not JSON")
	b.notifies("|Campfire||" + srv.URL + "/")
	b.click()
	b.eventually(`location.pathname !== "/notifications"`)

	// Read on another device.
	b.visit(srv.URL + "/notifications")
	srv.Do(bo, "POST", "/api/rooms/1/messages", map[string]string{"body": "<@1> still there?"}).Want(201)
	b.eventually(`document.querySelector('.room[data-room="1"]').dataset.unread === "2"`)
	b.deliver(srv, push("Bo: still there?"))
	b.notifies("room-1|All Talk|Bo: still there?|" + srv.URL + "/rooms/1/@1")
	srv.Do(ada, "PUT", "/api/rooms/1/read", map[string]any{"seq": 2}).Want(204)
	b.notifies()
	b.quiet()
}

// inWorker runs a script in the worker of a window's site: the one that was
// served, in its own thread.
func (b *browser) inWorker(script string) string {
	b.t.Helper()
	if b.worker == nil {
		b.attach()
	}
	said, err := chromedp.Run(b.worker, chromedp.Evaluate[string]("(async () => { "+script+" })().then((said) => JSON.stringify(said ?? null))", chromedp.EvalAwaitPromise))
	if err != nil {
		b.t.Fatal(err)
	}
	return said
}

// attach finds the worker that is running; it runs on as long as the test.
func (b *browser) attach() {
	b.t.Helper()
	targets, err := chromedp.Targets(b.ctx)
	if err != nil {
		b.t.Fatal(err)
	}
	for _, target := range targets {
		if target.Type == "service_worker" && target.BrowserContextID == chromedp.FromContext(b.ctx).BrowserContextID {
			ctx, cancel := chromedp.NewContext(b.ctx, chromedp.WithTargetID(target.TargetID))
			b.t.Cleanup(cancel)
			b.worker = ctx
			return
		}
	}
	b.t.Fatal("the browser has no worker")
}

// click does in the worker what the operating system does when a notification
// is pressed.
func (b *browser) click() {
	b.t.Helper()
	b.inWorker(`const [notification] = await self.registration.getNotifications(); self.dispatchEvent(new NotificationEvent("notificationclick", { notification }))`)
}

// workerSays waits until something in the worker is as wanted.
func (b *browser) workerSays(script, want string) {
	b.t.Helper()
	var said string
	for began := time.Now(); time.Since(began) < 20*time.Second; {
		if said = b.inWorker(script); said == want {
			return
		}
	}
	b.t.Fatalf("the worker says %s, want %s", said, want)
}

// spied makes the worker note what it asks of the browser, which does without a
// person's hand, a screen or a push service only some of that.
const spied = `self.did = [];
	navigator.setAppBadge = async (n) => { self.did.push("badge " + n) };
	navigator.clearAppBadge = async () => { self.did.push("no badge") };
	WindowClient.prototype.focus = async function () { self.did.push("focus " + new URL(this.url).pathname); return this };
	Clients.prototype.openWindow = async (url) => { self.did.push("open " + new URL(url).pathname); return null };
	PushManager.prototype.subscribe = async (options) => { self.did.push("subscribe " + options.userVisibleOnly + " " + options.applicationServerKey); return self.fresh };`

func notice(srv *campfiretest.Server, room, badge int) string {
	return fmt.Sprintf(`{"web_push":8030,"notification":{"title":"All Talk","body":"Bo: tea?","navigate":"%s/rooms/1/@1","tag":"room-%d","data":{"room":%[2]d,"message":1}},"app_badge":%d,"mutable":false}`, srv.URL, room, badge)
}

// A push sets the application's badge; a click goes on in a window that is open
// and focuses it, whatever it shows, and opens one where there is none.
func TestWorkerSetsTheBadgeAndFindsAWindow(t *testing.T) {
	open := newBrowsers(t)
	srv := campfiretest.New(t)
	ada := srv.SetUp()
	bo := srv.Join(ada, "Bo")
	srv.Do(bo, "POST", "/api/rooms/1/messages", map[string]string{"body": "tea?"}).Want(201)
	b := open(1000, 700)
	b.allowNotifications(srv, cdpbrowser.PermissionSettingGranted)
	b.signIn(srv, "ada@example.org")
	b.eventually(`navigator.serviceWorker.controller?.state === "activated"`)
	b.visit(srv.URL + "/notifications")
	b.inWorker(spied)
	b.deliver(srv, notice(srv, 7, 3))
	b.workerSays(`return self.did`, `["badge 3"]`)
	b.deliver(srv, notice(srv, 7, 0))
	b.workerSays(`return self.did`, `["badge 3","no badge"]`)
	// What is none of ours says nothing of the badge, and yet something is shown.
	b.inWorker(`for (const shown of await self.registration.getNotifications()) shown.close(); self.did = []`)
	for _, odd := range []string{"not JSON", "null", "{}", `{"notification":null}`} {
		b.deliver(srv, odd)
		b.notifies("|Campfire||" + srv.URL + "/")
		b.inWorker(`for (const shown of await self.registration.getNotifications()) shown.close()`)
	}
	b.workerSays(`return self.did`, `[]`)
	b.deliver(srv, notice(srv, 7, 1))
	b.notifies("room-7|All Talk|Bo: tea?|" + srv.URL + "/rooms/1/@1")

	// A page of ours goes there itself.
	b.inWorker(`self.did = []`)
	b.click()
	b.eventually(`location.pathname === "/rooms/1/@1"`)
	b.workerSays(`return self.did`, `["focus /notifications"]`)

	// A window that shows something without scripts is led there.
	b.visit(srv.URL + "/notifications")
	b.deliver(srv, notice(srv, 7, 1))
	b.notifies("room-7|All Talk|Bo: tea?|" + srv.URL + "/rooms/1/@1")
	b.run(chromedp.Navigate(srv.URL + "/up"))
	b.inWorker(`self.did = []`)
	b.click()
	b.eventually(`location.pathname === "/rooms/1/@1"`)
	b.workerSays(`return self.did`, `["focus /up"]`)

	// Without any, one is opened.
	b.visit(srv.URL + "/notifications")
	b.deliver(srv, notice(srv, 7, 1))
	b.notifies("room-7|All Talk|Bo: tea?|" + srv.URL + "/rooms/1/@1")
	b.run(chromedp.Navigate("about:blank"))
	b.inWorker(`self.did = []`)
	b.click()
	b.workerSays(`return self.did`, `["open /rooms/1/@1"]`)
	b.workerSays(`return (await self.registration.getNotifications()).length`, `0`)
}

// When a browser ends a subscription, the worker tells the server of the one in
// its place, and what is pushed arrives there, with no page open.
func TestWorkerRenewsASubscription(t *testing.T) {
	open := newBrowsers(t)
	srv := campfiretest.New(t, "CAMPFIRE_OUTBOUND_ALLOW=127.0.0.0/8:*")
	ada := srv.SetUp()
	bo := srv.Join(ada, "Bo")
	service := webpushtest.New(t)
	brought, made := service.Device(), service.Device()
	b := open(1000, 700)
	b.signIn(srv, "ada@example.org")
	b.eventually(`navigator.serviceWorker.controller?.state === "activated"`)
	b.inWorker(spied)
	b.run(chromedp.Navigate("about:blank"))
	var key struct{ Key string }
	srv.Do(ada, "GET", "/api/push/key", nil).Want(200).JSON(&key)
	change := func(d *webpushtest.Device, name string) {
		subscription, err := json.Marshal(d.JSON())
		if err != nil {
			t.Fatal(err)
		}
		b.inWorker(fmt.Sprintf(`%s = { toJSON: () => (%s) }; self.dispatchEvent(Object.assign(new ExtendableEvent("pushsubscriptionchange"), { newSubscription: self.brought ?? null }))`, name, subscription))
	}
	heard := func(d *webpushtest.Device, what string) {
		t.Helper()
		b.workerSays(`return (await (await fetch("/api/users/me/push_subscriptions")).json()).subscriptions.length`, what)
		srv.Do(bo, "POST", "/api/rooms/1/messages", map[string]string{"body": "<@1> tea?"}).Want(201)
		d.Wait(30*time.Second, "the mention", func(got []webpushtest.Received) bool { return len(got) == 1 })
	}
	// One that the event brings.
	change(brought, "self.brought")
	heard(brought, `1`)
	b.workerSays(`return self.did`, `[]`)
	// One that has to be asked for.
	b.inWorker(`self.brought = null`)
	change(made, "self.fresh")
	heard(made, `2`)
	b.workerSays(`return self.did`, fmt.Sprintf(`["subscribe true %s"]`, key.Key))
}
