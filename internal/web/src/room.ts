// One room: applies events by their numbers, sends what is written, keeps the
// place while history loads.

import { api, base, dayOf, el, localTimes, newID, parse, Problem, t, tn, translate, viewer, viewerName } from "./small";
import type { Frame, Live } from "./live";
import { Outbox, type Waiting } from "./outbox";
import { Menu } from "./menu";

const keep = 300; // messages in the page
const together = 5 * 60_000; // of one author: grouped
const nearEnd = 100; // pixels

export class Room {
	readonly id: number;
	private seq: number; // all events up to here are in the page
	private epoch: string;
	private hasBefore: boolean;
	private hasAfter: boolean; // the page does not show the end
	private loading = false;
	private read: number;
	private outbox: Outbox;
	private composer = document.getElementById("composer") as HTMLFormElement;
	private input = this.composer.elements.namedItem("body") as HTMLTextAreaElement;
	private replyTo = 0;
	private typists = new Map<number, { name: string; until: number }>();
	private typed = 0;
	private readTimer = 0;
	private jump = document.getElementById("jump")!;
	private sending: string | null = null;

	constructor(
		readonly log: HTMLElement,
		readonly live: Live,
	) {
		this.id = Number(log.dataset.room);
		this.seq = Number(log.dataset.seq);
		this.read = Number(document.getElementById("read")?.dataset.read);
		this.epoch = log.dataset.epoch ?? "";
		this.hasBefore = log.hasAttribute("data-has-before");
		this.hasAfter = log.hasAttribute("data-has-after");
		this.outbox = new Outbox(String(this.id));
		log.querySelectorAll(".older, .newer").forEach((e) => e.remove());
		this.arrange();
		this.divide();
		for (const w of this.outbox.waiting()) this.showPending(w);
		this.listen();
		this.compose();
		new Menu(this);
		const highlight = document.getElementById("message-" + log.dataset.highlight);
		if (highlight) {
			highlight.classList.add("highlight");
			highlight.scrollIntoView({ block: "center" });
		} else {
			this.toEnd();
		}
		this.fill();
	}

	// — Events —

	private listen(): void {
		const { live } = this;
		live.on("welcome", () => this.subscribe());
		for (const type of ["message_created", "message_updated", "message_deleted", "boost_created", "boost_deleted"]) {
			live.on(type, (f) => this.event(f));
		}
		live.on("batch", (f) => f.room_id === this.id && f.messages.forEach((e: Frame) => this.event(e)));
		live.on("subscribed", (f) => {
			if (f.room_id !== this.id) return;
			this.seq = Math.max(this.seq, f.seq!);
			this.present();
			this.flush();
		});
		live.on("resync", (f) => f.room_id === this.id && location.reload());
		live.on("positions", (f) => {
			for (const r of f.rooms) if (r.id === this.id && r.seq > this.seq) this.subscribe();
		});
		live.on("ack", (f) => this.acknowledged(f.client_message_id));
		live.on("error", (f) => {
			if (f.client_message_id) this.refused(f.client_message_id, f.code, f.detail);
		});
		live.on("disconnected", () => (this.sending = null));
		live.on("room_removed", (f) => {
			if (f.room_id !== this.id) return;
			document.getElementById("status")!.textContent = t("removed");
			this.composer.querySelector("button")!.setAttribute("disabled", "");
		});
		live.on("typing", (f) => {
			if (f.room_id !== this.id || String(f.user.id) === viewer) return;
			if (f.active) this.typists.set(f.user.id, { name: f.user.name, until: Date.now() + 5000 });
			else this.typists.delete(f.user.id);
			this.showTyping();
		});
		window.setInterval(() => this.showTyping(), 1000);
		document.addEventListener("visibilitychange", () => {
			this.present();
			this.seen();
		});
		this.log.addEventListener("scroll", () => this.scrolled(), { passive: true });
		window.addEventListener("resize", () => this.scrolled());
	}

	private subscribe(): void {
		this.live.send({ type: "subscribe", rooms: [{ id: this.id, since: this.seq }], epoch: this.epoch });
	}

	private present(): void {
		this.live.send({ type: "present", room_id: this.id, visible: document.visibilityState === "visible" });
	}

	/** Applies one event. What is known already is passed over; a gap is asked for. */
	private event(f: Frame): void {
		if (f.room_id !== this.id || f.seq! <= this.seq) return;
		if (f.seq! > this.seq + 1) {
			this.subscribe();
			return;
		}
		this.seq = f.seq!;
		switch (f.type) {
			case "message_created":
				this.created(f);
				break;
			case "message_updated":
				this.replace(f.message_id, f.html);
				break;
			case "message_deleted":
				this.deleted(f.message_id);
				break;
			case "boost_created":
				this.boosted(f.message_id, f.boost);
				break;
			case "boost_deleted":
				this.log.querySelector(`[data-boost="${f.boost_id}"]`)?.remove();
				break;
		}
	}

	private created(f: Frame): void {
		const mine = String(f.creator_id) === viewer;
		if (mine) this.acknowledged(f.client_message_id);
		if (this.message(f.message_id)) return;
		this.typists.delete(f.creator_id);
		this.showTyping();
		if (this.hasAfter) {
			this.jump.hidden = false;
			return;
		}
		const follow = this.atEnd() || mine;
		const pending = mine ? this.pending(f.client_message_id) : null;
		const [article] = parse(f.html);
		this.log.querySelector(".empty")?.remove();
		if (pending) pending.replaceWith(article);
		else this.log.insertBefore(article, this.firstPending());
		this.arrange();
		if (follow) {
			this.trim("first");
			this.toEnd();
		} else {
			this.jump.hidden = false;
		}
		this.seen();
	}

	replace(id: number, html: string): void {
		const old = this.message(id);
		if (!old || old.querySelector(".editor")) {
			if (old) old.dataset.stale = html;
			return;
		}
		const boosts = old.querySelector(".boosts");
		const [article] = parse(html);
		if (boosts && !article.querySelector(".boost")) article.querySelector(".boosts")!.replaceWith(boosts);
		this.keepPlace(() => old.replaceWith(article));
		this.arrange();
	}

	private deleted(id: number): void {
		this.keepPlace(() => {
			this.message(id)?.remove();
			for (const q of this.log.querySelectorAll<HTMLElement>(`[data-quote="${id}"]`)) q.textContent = t("deleted");
		});
		this.arrange();
	}

	private boosted(id: number, boost: any): void {
		const list = this.message(id)?.querySelector(".boosts");
		if (!list || list.querySelector(`[data-boost="${boost.id}"]`)) return;
		const follow = this.atEnd();
		list.append(el("li", { class: "boost", "data-boost": String(boost.id), "data-booster": String(boost.booster.id), title: boost.booster.name }, el("bdi", {}, boost.content)));
		this.arrange();
		if (follow) this.toEnd();
	}

	// — Looking after the page —

	message(id: number): HTMLElement | null {
		return document.getElementById("message-" + id);
	}

	messages(): HTMLElement[] {
		return [...this.log.querySelectorAll<HTMLElement>("article.message:not(.pending)")];
	}

	private pending(client: string): HTMLElement | null {
		return this.log.querySelector<HTMLElement>(`.pending[data-client="${CSS.escape(client)}"]`);
	}

	private firstPending(): Element | null {
		return this.log.querySelector(".pending");
	}

	/** Adds what depends on the reader: days, groups, what is theirs. */
	private arrange(): void {
		this.log.querySelectorAll(".day").forEach((e) => e.remove());
		let before: HTMLElement | null = null;
		let day = "";
		for (const m of this.log.querySelectorAll<HTMLElement>("article.message")) {
			const at = new Date(m.querySelector("time")!.dateTime);
			const today = at.toDateString();
			if (today !== day) {
				m.before(el("div", { class: "day" }, dayOf(at)));
				before = null;
			}
			day = today;
			const close: boolean = before !== null && before.dataset.creator === m.dataset.creator && at.getTime() - Number(before.dataset.at) < together;
			m.dataset.at = String(at.getTime());
			m.classList.toggle("grouped", close && !m.querySelector(".quote"));
			m.classList.toggle("mine", m.dataset.creator === viewer);
			for (const mention of m.querySelectorAll<HTMLElement>(".mention")) {
				const me = mention.dataset.userId === viewer;
				mention.classList.toggle("me", me);
				if (me || (mention.dataset.mention && m.dataset.creator !== viewer)) m.classList.add("mentioned-me");
			}
			for (const boost of m.querySelectorAll<HTMLElement>(".boost")) {
				const own = boost.dataset.booster === viewer;
				boost.classList.toggle("mine", own);
				if (own && !boost.hasAttribute("tabindex")) {
					boost.setAttribute("tabindex", "0");
					boost.setAttribute("role", "button");
					boost.setAttribute("aria-label", `${boost.textContent} – ${t("boostdelete")}`);
				}
			}
			before = m;
		}
		localTimes(this.log);
		translate(this.log);
	}

	/** Marks what has come since the reader was last here. */
	private divide(): void {
		const first = this.messages().find((m) => Number(m.dataset.seq) > this.read && m.dataset.creator !== viewer);
		if (first && this.read > 0) first.before(el("div", { class: "divider", role: "separator" }, t("new")));
	}

	private atEnd(): boolean {
		return !this.hasAfter && this.log.scrollHeight - this.log.scrollTop - this.log.clientHeight < nearEnd;
	}

	private toEnd(): void {
		this.log.scrollTop = this.log.scrollHeight;
		this.jump.hidden = !this.hasAfter;
	}

	/** Changes the page without moving what the reader looks at. */
	private keepPlace(change: () => void): void {
		const top = this.log.getBoundingClientRect().top;
		const anchor = this.messages().find((m) => m.getBoundingClientRect().bottom > top);
		const at = anchor?.getBoundingClientRect().top ?? 0;
		const end = this.atEnd();
		change();
		if (end) this.toEnd();
		else if (anchor?.isConnected) this.log.scrollTop += anchor.getBoundingClientRect().top - at;
	}

	private trim(end: "first" | "last"): void {
		const all = this.messages();
		const over = all.length - keep;
		if (over <= 20) return;
		if (end === "first") {
			all.slice(0, over).forEach((m) => m.remove());
			this.hasBefore = true;
		} else {
			all.slice(-over).forEach((m) => m.remove());
			this.hasAfter = true;
		}
	}

	private scrolled(): void {
		const { log } = this;
		if (this.atEnd()) this.jump.hidden = true;
		else if (this.hasAfter) this.jump.hidden = false;
		if (log.scrollTop < 400 && this.hasBefore) void this.load("before");
		else if (this.hasAfter && log.scrollHeight - log.scrollTop - log.clientHeight < 400) void this.load("after");
		this.seen();
	}

	/** Loads more while the page is not full. */
	private fill(): void {
		if (this.log.scrollHeight <= this.log.clientHeight && this.hasBefore) void this.load("before");
		else this.scrolled();
	}

	private async load(direction: "before" | "after"): Promise<void> {
		if (this.loading) return;
		const all = this.messages();
		const edge = direction === "before" ? all[0] : all[all.length - 1];
		if (!edge) return;
		this.loading = true;
		try {
			const response = await fetch(`${base}/rooms/${this.id}/messages?${direction}=${edge.dataset.id}`);
			if (!response.ok) throw new Error(String(response.status));
			const [page] = parse(await response.text());
			const fresh = ([...page.children] as HTMLElement[]).filter((m) => !document.getElementById(m.id));
			this.keepPlace(() => {
				if (direction === "before") {
					edge.parentElement!.querySelector(".day")?.remove();
					edge.before(...fresh);
					this.hasBefore = page.hasAttribute("data-has-before");
				} else {
					edge.after(...fresh);
					this.hasAfter = page.hasAttribute("data-has-after");
				}
				this.arrange();
				this.trim(direction === "before" ? "last" : "first");
				this.arrange();
			});
		} catch {
			document.getElementById("status")!.textContent = t("gone");
		} finally {
			this.loading = false;
		}
		if (this.log.scrollHeight <= this.log.clientHeight) this.fill();
	}

	/** Moves the read pointer once the end has been on screen for a moment. */
	private seen(): void {
		window.clearTimeout(this.readTimer);
		if (this.seq <= this.read || !this.atEnd() || document.visibilityState !== "visible") return;
		this.readTimer = window.setTimeout(() => {
			if (!this.atEnd() || document.visibilityState !== "visible") return;
			if (this.live.send({ type: "read", room_id: this.id, seq: this.seq })) this.read = this.seq;
		}, 500);
	}

	// — Writing —

	private compose(): void {
		const draft = "campfire.draft." + this.id;
		this.input.value ||= localStorage.getItem(draft) ?? "";
		this.input.addEventListener("input", () => {
			try {
				localStorage.setItem(draft, this.input.value);
			} catch {
				// no room for drafts
			}
			this.typing(this.input.value !== "");
		});
		this.input.addEventListener("keydown", (event) => {
			if (event.key === "Enter" && !event.shiftKey && !event.isComposing && (!matchMedia("(pointer: coarse)").matches || event.ctrlKey || event.metaKey)) {
				event.preventDefault();
				this.composer.requestSubmit();
			} else if (event.key === "ArrowUp" && this.input.value === "") {
				const own = this.messages().filter((m) => m.dataset.creator === viewer);
				const last = own[own.length - 1];
				if (last) {
					event.preventDefault();
					last.dispatchEvent(new CustomEvent("campfire:edit", { bubbles: true }));
				}
			} else if (event.key === "Escape") {
				this.reply(null);
			}
		});
		this.composer.addEventListener("submit", (event) => {
			event.preventDefault();
			const body = this.input.value;
			if (body.trim() === "") return;
			const w: Waiting = { id: newID(), room: String(this.id), body, replyTo: this.replyTo };
			this.outbox.add(w);
			this.input.value = "";
			localStorage.removeItem(draft);
			this.reply(null);
			this.typing(false);
			this.showPending(w);
			this.toEnd();
			if (this.hasAfter) location.assign(`${base}/rooms/${this.id}`);
			this.flush();
		});
	}

	focus(): void {
		this.input.focus();
	}

	/** Begins or, without a message, ends a reply. */
	reply(message: HTMLElement | null): void {
		const box = document.getElementById("replying")!;
		this.replyTo = message ? Number(message.dataset.id) : 0;
		box.hidden = !message;
		if (!message) return;
		const stop = el("button", { type: "button", class: "button quiet", "aria-label": t("stop") }, "×");
		stop.addEventListener("click", () => this.reply(null));
		box.replaceChildren(t("replying", { name: message.querySelector(".author")?.textContent ?? "" }), stop);
		this.focus();
	}

	private typing(active: boolean): void {
		const now = Date.now();
		if (active && now - this.typed < 1000) return;
		if (!active && this.typed === 0) return;
		this.typed = active ? now : 0;
		this.live.send({ type: "typing", room_id: this.id, active });
	}

	private showTyping(): void {
		const now = Date.now();
		for (const [id, who] of this.typists) if (who.until < now) this.typists.delete(id);
		const names = [...this.typists.values()].map((w) => w.name).sort();
		const line = names.length === 0 ? "" : names.length === 1 ? t("typing.one", { a: names[0] }) : names.length === 2 ? t("typing.two", { a: names[0], b: names[1] }) : tn("typing.more", names.length);
		const typing = document.getElementById("typing")!;
		if (typing.textContent !== line) typing.textContent = line;
	}

	private showPending(w: Waiting): void {
		if (this.pending(w.id)) return;
		const now = new Date().toISOString();
		const body = el("div", { class: "body" }, el("p", { dir: "auto" }, w.body));
		const article = el(
			"article",
			{ class: "message pending", "data-client": w.id, "data-creator": viewer },
			el("img", { class: "avatar", src: document.querySelector<HTMLImageElement>(".me img")?.src ?? "", alt: "", width: "36", height: "36" }),
			el("div", { class: "content" }, el("header", {}, el("span", { class: "author" }, viewerName), el("span", { class: "time" }, el("time", { datetime: now }))), body),
		);
		this.log.querySelector(".empty")?.remove();
		this.log.append(article);
		this.arrange();
	}

	/** Sends what waits, one at a time, so that order is kept. */
	flush(): void {
		if (this.sending) return;
		const next = this.outbox.waiting().find((w) => !w.failed);
		if (!next) return;
		this.sending = next.id;
		const sent = this.live.send({ type: "post", room_id: this.id, body: next.body, client_message_id: next.id, ...(next.replyTo ? { reply_to: next.replyTo } : {}) });
		if (!sent) {
			this.sending = null;
			if (navigator.onLine && !this.live.open) void this.sendByHTTP(next);
		}
	}

	/** Without a socket it still goes, as an ordinary request. */
	private async sendByHTTP(w: Waiting): Promise<void> {
		this.sending = w.id;
		try {
			await api("POST", `/rooms/${this.id}/messages`, { body: w.body, client_message_id: w.id, ...(w.replyTo ? { reply_to: w.replyTo } : {}) });
			this.acknowledged(w.id);
		} catch (error) {
			this.sending = null;
			if (error instanceof Problem && error.status < 500 && error.status !== 429) this.refused(w.id, error.code, error.message);
			// else it is sent when the socket is back
		}
	}

	private acknowledged(client: string): void {
		if (this.outbox.find(client)) this.outbox.remove(client);
		if (this.sending === client) this.sending = null;
		this.flush();
	}

	private refused(client: string, code: string, detail: string): void {
		if (this.sending === client) this.sending = null;
		const w = this.outbox.find(client);
		if (!w) return;
		if (code === "rate_limited" || code === "overloaded") {
			window.setTimeout(() => this.flush(), 1500);
			return;
		}
		w.failed = detail;
		const article = this.pending(client);
		if (!article || article.querySelector(".failure")) return;
		const again = el("button", { type: "button", class: "button" }, t("retry"));
		const discard = el("button", { type: "button", class: "button" }, t("discard"));
		article.classList.add("failed");
		const failure = el("div", { class: "failure", role: "alert" }, `${t("failed")} ${detail}`, again, discard);
		article.querySelector(".content")!.append(failure);
		again.addEventListener("click", () => {
			delete w.failed;
			failure.remove();
			article.classList.remove("failed");
			this.flush();
		});
		discard.addEventListener("click", () => {
			this.outbox.remove(client);
			this.input.value ||= w.body;
			article.remove();
		});
		this.flush();
	}
}
