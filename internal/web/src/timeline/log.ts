// The list of messages: in their order, grouped and dated for this reader, at
// the place where the reader is.
//
// Its children are, in this order: what introduces and greets (if any), the messages by id,
// each day's separator and the one divider before the message they belong to,
// and what waits to be sent.
//
// Events are applied together before the next frame is painted. One that comes
// while a page of history is on its way is applied again to that page, which
// may be older than the event.

import { el, parse } from "../base/dom";
import { keepFocus } from "../base/focus";
import { base, viewer } from "../base/page";
import { t, tn } from "../base/text";
import { dayOf, now } from "../base/time";
import type { Frame } from "../live/live";
import { Announcer } from "./announcer";
import { arrangeBoosts } from "./boosts";
import { DayAbove } from "./day";
import { NewAbove } from "./newabove";
import { authorOf, beginsDay, continues, decorate } from "./reader";
import { idOf, seqOf, Stretch } from "./stretch";

const short = 100; // messages at most, to lie at the composer
const nearEnd = 100; // pixels
const nearEdge = 800; // pixels from where more is loaded
const keepFollowing = 300; // messages, while the end is read
const keepReading = 2000; // messages, while history is read
const leeway = 20;
const patience = 20_000; // milliseconds, for a page
const latest = 100; // milliseconds until events are applied where nothing is painted

type Direction = "before" | "after";
type Page = { articles: HTMLElement[]; hasBefore: boolean; hasAfter: boolean; seq: number; epoch: string };

/** What the log tells its room. */
export interface Reading {
	moved(): void; // what is on screen has changed
	arrived(client: string): void; // the reader's own message
	rescued(text: string): void; // an edit whose message was deleted
	deleted(id: number): void;
	astray(): void; // the server's history is another
}

/** A page that did not come: its status, zero when nothing came at all. */
export class Unanswered extends Error {
	constructor(readonly status: number) {
		super(String(status));
	}
}

export class MessageLog {
	readonly stretch = new Stretch();
	hasBefore: boolean;
	hasAfter: boolean; // the page does not show the end
	following = true; // the end is on screen and stays there
	applied: number; // the number up to which the page shows everything
	private queue: Frame[] = [];
	private scheduled = 0;
	private flights = new Set<Frame[]>(); // what was applied while a page was on its way
	private generation = 0; // of the whole content
	private cuts = { before: 0, after: 0 };
	private loading = false;
	private trouble: Partial<Record<Direction, HTMLElement>> = {};
	private waiting = new Map<string, HTMLElement>(); // to be sent, by client id
	private days = new Map<HTMLElement, HTMLElement>(); // separators, by the message that follows
	private dayAbove: DayAbove;
	private newAbove: NewAbove;
	private intro: HTMLElement | null;
	private today = now().toDateString();
	private width: number; // that the lines were broken for
	private resting: { id: number; offset: number } | null = null; // where the reader last stopped, off the end
	private divider: HTMLElement | null = null;
	private since = 0; // the divider stands behind this number; zero: nowhere
	private below = new Set<number>(); // others' messages that came and were not on screen
	private jump = document.getElementById("jump")!;
	private jumpLabel: ChildNode;
	private jumpText: string;
	private announcer = new Announcer();

	constructor(
		readonly element: HTMLElement,
		private room: number,
		read: number,
		private signal: AbortSignal,
		private reading: Reading,
	) {
		this.width = element.clientWidth;
		this.applied = Number(element.dataset.seq);
		this.hasBefore = element.hasAttribute("data-has-before");
		this.hasAfter = element.hasAttribute("data-has-after");
		element.querySelectorAll(".older, .newer").forEach((e) => e.remove());
		// What is loaded, replaced or put back must not be read out: what is new
		// is said apart.
		element.setAttribute("aria-live", "off");
		this.jumpLabel = [...this.jump.childNodes].findLast((n) => n.nodeType === Node.TEXT_NODE && n.textContent!.trim() !== "") ?? this.jump.appendChild(document.createTextNode(""));
		this.jumpText = this.jumpLabel.textContent!;
		this.dayAbove = new DayAbove(element, signal);
		this.newAbove = new NewAbove(element, signal, (divider) => divider.scrollIntoView({ block: "start" }));
		this.intro = element.querySelector(":scope > .intro");
		this.adopt([...element.querySelectorAll<HTMLElement>("article.message")]);
		if (read > 0 && read < this.applied) this.divide(read);
		this.jump.addEventListener(
			"click",
			(event) => {
				event.preventDefault();
				void this.toNewest();
			},
			{ signal },
		);
		element.addEventListener("scroll", () => this.scrolled(), { passive: true, signal });
		element.addEventListener("scrollend", () => this.rest(), { signal });
		const resized = new ResizeObserver(() => {
			const turned = this.width !== element.clientWidth;
			this.width = element.clientWidth;
			if (this.following) this.toEnd();
			else if (turned) this.reflowed();
			this.scrolled();
		});
		resized.observe(element);
		signal.addEventListener("abort", () => {
			resized.disconnect();
			this.announcer.end();
			window.clearTimeout(this.scheduled);
		});
	}

	/** Goes to where reading begins. */
	start(): void {
		const highlight = this.stretch.get(Number(this.element.dataset.highlight));
		if (highlight) {
			highlight.classList.add("highlight");
			highlight.scrollIntoView({ block: "center" });
			this.following = this.atEnd();
			this.scrolled();
		} else if (this.stretch.length > 0) {
			this.toEnd();
		} // else what greets is read from its beginning
		this.fill();
	}

	message(id: number): HTMLElement | null {
		return this.stretch.get(id);
	}

	/** The stored messages in the page, oldest first. */
	messages(): HTMLElement[] {
		return this.stretch.all();
	}

	/** Reports whether the page has the reader's message with a client id. */
	has(client: string): boolean {
		return this.element.querySelector(`article[data-id][data-creator="${viewer}"][data-client="${CSS.escape(client)}"]`) !== null;
	}

	/** The client ids of what is shown as waiting. */
	pendings(): string[] {
		return [...this.waiting.keys()];
	}

	pending(client: string): HTMLElement | null {
		return this.waiting.get(client) ?? null;
	}

	atEnd(): boolean {
		const { scrollHeight, scrollTop, clientHeight } = this.element;
		return !this.hasAfter && scrollHeight - scrollTop - clientHeight < nearEnd;
	}

	/** Goes to the end of what is in the page. */
	toEnd(): void {
		this.element.scrollTop = this.element.scrollHeight;
		this.following = !this.hasAfter;
		this.showJump();
	}

	/** Goes to the newest message, wherever the page is. */
	async toNewest(): Promise<void> {
		if (this.hasAfter && (await this.reset().catch(() => null)) === null) return;
		this.toEnd();
	}

	// — Events —

	/** Takes the room's next event; it is on screen with the next frame. */
	take(f: Frame): void {
		this.queue.push(f);
		if (this.scheduled) return;
		// A page that is not shown paints no frames.
		this.scheduled = window.setTimeout(() => this.flush(), latest);
		requestAnimationFrame(() => this.flush());
	}

	/** Applies what has been taken. */
	flush(): void {
		window.clearTimeout(this.scheduled);
		this.scheduled = 0;
		if (this.queue.length === 0 || this.signal.aborted) return;
		const events = this.queue;
		this.queue = [];
		this.change(() => {
			for (const f of events) this.apply(f);
			this.trim();
		});
		this.reached(events.at(-1)!.seq!);
		this.redate();
		this.announcer.say();
		this.showJump();
		this.reading.moved();
	}

	private reached(seq: number): void {
		this.applied = seq;
		this.element.dataset.seq = String(seq);
	}

	private apply(f: Frame): void {
		for (const during of this.flights) during.push(f);
		switch (f.type) {
			case "message_created":
				return this.created(f);
			case "message_updated":
				return this.updated(f);
			case "message_deleted":
				return this.deleted(f.message_id);
			case "boost_created":
				return this.boosted(f.message_id, f.boost);
			case "boost_deleted":
				return this.unboosted(f.message_id, f.boost_id);
		}
	}

	private created(f: Frame): void {
		const mine = String(f.creator_id) === viewer;
		this.here(String(f.creator_id), f.client_message_id);
		if (this.stretch.get(f.message_id)) return;
		if (!mine && !this.following) this.below.add(f.message_id);
		if (this.hasAfter) return; // it is reached by going on
		const [article] = parse(f.html);
		this.insert([article]);
		if (!mine) this.announcer.heard(authorOf(article), article.querySelector(".body")?.textContent ?? "");
	}

	private updated(f: Frame): void {
		for (const m of this.stretch.quoting(f.message_id)) {
			const excerpt = m.querySelector(".quote [dir]");
			if (excerpt && f.excerpt !== undefined) excerpt.textContent = f.excerpt;
		}
		const old = this.stretch.get(f.message_id);
		if (!old) return;
		const [article] = parse(f.html);
		if (Number(article.dataset.version) <= Number(old.dataset.version)) return;
		transplant(old, article);
		decorate(old);
		this.settle(old);
	}

	private deleted(id: number): void {
		for (const m of this.stretch.quoting(id)) {
			const quote = m.querySelector(".quote");
			if (quote) quote.textContent = t("deleted");
		}
		this.below.delete(id);
		this.reading.deleted(id);
		const old = this.stretch.get(id);
		if (!old) return;
		const edited = old.querySelector<HTMLTextAreaElement>(".editor textarea")?.value;
		const at = this.stretch.indexOf(id);
		const next = this.stretch.at(at + 1);
		const focused = old.contains(document.activeElement);
		this.drop(at, at + 1);
		if (next) this.settle(next);
		if (this.since && !this.divider) this.divide(this.since);
		if (focused) (next ?? this.stretch.at(-1) ?? this.element).focus({ preventScroll: true });
		if (edited) this.reading.rescued(edited);
	}

	private boosted(id: number, boost: any): void {
		const m = this.stretch.get(id);
		const list = m?.querySelector(".boosts");
		if (!m || !list || list.querySelector(`[data-boost="${boost.id}"]`)) return;
		list.append(el("li", { class: "boost", "data-boost": String(boost.id), "data-booster": String(boost.booster.id), title: boost.booster.name }, el("bdi", {}, boost.content)));
		arrangeBoosts(m);
	}

	private unboosted(id: number, boost: number): void {
		const m = this.stretch.get(id);
		m?.querySelector(`[data-boost="${boost}"]`)?.remove();
		if (m) arrangeBoosts(m);
	}

	// — What waits to be sent: always last —

	appendPending(client: string, article: HTMLElement): void {
		this.change(() => {
			this.begun();
			this.element.append(article);
			this.waiting.set(client, article);
			this.introduce();
			this.groupPending();
		});
	}

	/** Takes away what waits no more. */
	withdraw(client: string): void {
		const article = this.waiting.get(client);
		if (!article) return;
		this.waiting.delete(client);
		article.remove();
		this.groupPending();
	}

	/** A message is here: if it waited, it waits no more. */
	private here(creator: string, client: string): void {
		if (creator !== viewer || !this.waiting.has(client)) return;
		this.withdraw(client);
		this.reading.arrived(client);
	}

	/** What waits continues the last message, if that is the reader's own. */
	private groupPending(): void {
		let own = !this.hasAfter && this.stretch.at(-1)?.dataset.creator === viewer;
		for (const article of this.waiting.values()) {
			article.classList.toggle("grouped", own);
			own = true;
		}
	}

	// — Messages in and out —

	/** Takes messages into the order that stand in the page already. */
	private adopt(articles: HTMLElement[]): void {
		for (const m of articles) decorate(m);
		this.stretch.insert(articles);
		for (const m of articles) this.settle(m);
	}

	/** Puts messages that follow on each other where they belong. */
	private insert(articles: HTMLElement[]): void {
		if (articles.length === 0) return;
		this.begun();
		for (const m of articles) this.here(m.dataset.creator!, m.dataset.client!);
		const at = this.stretch.indexOf(idOf(articles[0]));
		const next = at < this.stretch.length ? this.stretch.at(at) : undefined;
		const place = next ? this.head(next) : (this.trouble.after ?? this.waiting.values().next().value ?? null);
		const fragment = document.createDocumentFragment();
		fragment.append(...articles);
		this.element.insertBefore(fragment, place);
		if (this.stretch.length > short) this.element.removeAttribute("data-short");
		this.adopt(articles);
		this.introduce();
		if (next) this.settle(next);
		else this.groupPending();
	}

	/** Something was said: what stood in its place goes. */
	private begun(): void {
		this.element.querySelector(":scope > .empty")?.remove();
	}

	/** Introduces the room above its first message, where that is in the page. */
	private introduce(): void {
		if (this.intro) this.intro.hidden = this.hasBefore || (this.stretch.length === 0 && this.waiting.size === 0);
	}

	/** Takes out those from one place up to before another. */
	private drop(from: number, to: number): void {
		for (const m of this.stretch.cut(from, to)) {
			if (this.divider?.nextElementSibling === m) this.undivide();
			this.undate(m);
			m.remove();
		}
	}

	/** Where a message begins, with what stands before it. */
	private head(m: HTMLElement): HTMLElement {
		return this.days.get(m) ?? this.body(m);
	}

	private body(m: HTMLElement): HTMLElement {
		return this.divider?.nextElementSibling === m ? this.divider : m;
	}

	/** Sets whether a message begins a day, and whether it continues its author's. */
	private settle(m: HTMLElement): void {
		const before = this.stretch.neighbour(m, -1);
		const begins = beginsDay(m, before);
		const day = this.days.get(m);
		if (begins && !day) {
			const at = Number(m.dataset.at);
			const separator = el("div", { class: "day" }, el("span", {}, dayOf(new Date(at))));
			this.days.set(m, separator);
			this.body(m).before(separator);
			this.dayAbove.watch(separator, at);
		} else if (!begins && day) {
			this.undate(m);
		}
		m.classList.toggle("grouped", continues(m, before));
	}

	/** Takes away the separator before a message. */
	private undate(m: HTMLElement): void {
		const day = this.days.get(m);
		if (!day) return;
		this.dayAbove.forget(day);
		day.remove();
		this.days.delete(m);
	}

	/** Calls the days anew once another has begun, or the clock turned out to be wrong. */
	redate(): void {
		const today = now().toDateString();
		if (today === this.today) return;
		this.today = today;
		for (const [m, day] of this.days) day.firstElementChild!.textContent = dayOf(new Date(Number(m.dataset.at)));
	}

	// — What is new —

	/** Puts the divider before the first message of others behind a number, if there is one. */
	divide(since: number): void {
		this.undivide();
		this.since = since;
		for (let i = this.stretch.search((m) => seqOf(m) > since); i < this.stretch.length; i++) {
			const m = this.stretch.at(i)!;
			if (m.dataset.creator === viewer) continue;
			this.divider = el("div", { class: "divider", role: "separator", "aria-label": t("new") }, t("new"));
			m.before(this.divider);
			const others = this.stretch.all().slice(i).filter((m) => m.dataset.creator !== viewer).length;
			this.newAbove.stands(this.divider, others, i === 0 && this.hasBefore);
			return;
		}
		if (!this.hasAfter) this.since = 0;
	}

	/** Puts the divider behind a number in what is here and what has been taken, without moving what is read. */
	divideFrom(since: number): void {
		this.flush();
		this.change(() => this.divide(since));
	}

	private undivide(): void {
		this.divider?.remove();
		this.divider = null;
		this.newAbove.gone();
	}

	private showJump(): void {
		if (this.following) this.below.clear();
		const label = this.below.size > 0 ? tn("below", this.below.size) : this.jumpText;
		if (this.jumpLabel.textContent !== label) this.jumpLabel.textContent = label;
		keepFocus(() => (this.jump.hidden = this.following), () => this.element);
	}

	// — The reader's place —

	/** Changes the page: who follows the end stays there, anyone else where they are. */
	private change(act: () => void): void {
		if (this.following) {
			act();
			this.toEnd();
		} else {
			this.keepPlace(act);
		}
	}

	/** Changes the page without moving what the reader looks at. */
	private keepPlace(act: () => void): void {
		const { top, bottom } = this.element.getBoundingClientRect();
		const seen: { id: number; at: number }[] = [];
		for (let i = this.firstSeen(top); i < this.stretch.length; i++) {
			const m = this.stretch.at(i)!;
			const at = m.getBoundingClientRect().top;
			if (at >= bottom) break;
			seen.push({ id: idOf(m), at });
		}
		act();
		const there = seen.filter(({ id }) => this.stretch.get(id));
		const anchor = there.find(({ at }) => at >= top) ?? there[0];
		if (!anchor) return;
		const moved = this.stretch.get(anchor.id)!.getBoundingClientRect().top - anchor.at;
		if (moved !== 0) this.element.scrollTop += moved;
	}

	/** The place of the first message of which something is below a height. */
	private firstSeen(top: number): number {
		return this.stretch.search((m) => m.getBoundingClientRect().bottom > top);
	}

	/** The first message on screen. */
	firstOnScreen(): HTMLElement | undefined {
		const at = this.firstSeen(this.element.getBoundingClientRect().top);
		return at < this.stretch.length ? this.stretch.at(at) : this.stretch.at(-1);
	}

	/** The last message on screen. */
	lastOnScreen(): HTMLElement | undefined {
		const { bottom } = this.element.getBoundingClientRect();
		return this.stretch.at(Math.max(0, this.stretch.search((m) => m.getBoundingClientRect().top >= bottom) - 1));
	}

	/** Keeps the page from growing without end. */
	private trim(): void {
		if (this.following) {
			const over = this.stretch.length - keepFollowing;
			if (over > leeway) this.cut("before", over);
			return;
		}
		const over = this.stretch.length - keepReading;
		if (over <= leeway) return;
		const { scrollTop, clientHeight, scrollHeight } = this.element;
		this.cut(2 * scrollTop + clientHeight > scrollHeight ? "before" : "after", over);
	}

	/** Takes messages off one end, but none that is being worked on. */
	private cut(end: Direction, count: number): void {
		const { length } = this.stretch;
		for (const e of [document.activeElement, this.element.querySelector(".editor")]) {
			const held = e?.closest<HTMLElement>("article[data-id]");
			if (!held || !this.element.contains(held) || length > 2 * keepReading) continue;
			const at = this.stretch.indexOf(idOf(held));
			count = Math.min(count, end === "before" ? at : length - 1 - at);
		}
		if (count <= 0) return;
		this.cuts[end]++;
		if (end === "before") {
			this.drop(0, count);
			this.hasBefore = true;
			this.introduce();
			this.settle(this.stretch.at(0)!);
		} else {
			this.drop(length - count, length);
			this.hasAfter = true;
			this.following = false;
		}
	}

	private scrolled(): void {
		this.dayAbove.scrolled();
		if (this.width !== this.element.clientWidth) return; // the lines are broken anew: it is not the reader who scrolls
		this.following = this.atEnd();
		this.showJump();
		const { scrollHeight, scrollTop, clientHeight } = this.element;
		if (scrollTop < nearEdge && this.hasBefore && !this.trouble.before) void this.load("before");
		else if (this.hasAfter && scrollHeight - scrollTop - clientHeight < nearEdge && !this.trouble.after) void this.load("after");
		this.reading.moved();
	}

	/** Notes where the reader has stopped. */
	private rest(): void {
		const first = this.following ? undefined : this.firstOnScreen();
		this.resting = first ? { id: idOf(first), offset: first.getBoundingClientRect().top - this.element.getBoundingClientRect().top } : null;
	}

	/** All lines are broken anew, as when a phone is turned: what was at the top is there again. */
	private reflowed(): void {
		const { resting } = this;
		const m = resting && this.stretch.get(resting.id);
		if (!m) return;
		this.element.scrollTop += m.getBoundingClientRect().top - this.element.getBoundingClientRect().top - resting.offset;
	}

	// — History —

	/** Loads more while the page is not full. */
	private fill(): void {
		if (this.element.scrollHeight <= this.element.clientHeight && this.hasBefore && !this.trouble.before) void this.load("before");
		else this.scrolled();
	}

	private async load(direction: Direction): Promise<void> {
		if (this.loading) return;
		const edge = direction === "before" ? this.stretch.at(0) : this.stretch.at(-1);
		if (!edge) {
			await this.reset().catch(() => null);
			return;
		}
		this.loading = true;
		const { generation } = this;
		const cut = this.cuts[direction];
		const during: Frame[] = [];
		this.flights.add(during);
		try {
			const page = await this.ask(`?${direction}=${idOf(edge)}`);
			if (page.epoch !== this.element.dataset.epoch) {
				this.reading.astray();
				return;
			}
			// What it would be joined to may have gone meanwhile.
			if (generation === this.generation && cut === this.cuts[direction]) this.join(direction, page, during);
		} catch (error) {
			if (!this.signal.aborted) this.fail(direction);
			return;
		} finally {
			this.flights.delete(during);
			this.loading = false;
		}
		this.fill();
	}

	private join(direction: Direction, page: Page, during: Frame[]): void {
		this.keepPlace(() => {
			if (direction === "before") this.hasBefore = page.hasBefore;
			else this.hasAfter = page.hasAfter;
			this.introduce();
			this.insert(page.articles.filter((m) => !this.stretch.get(idOf(m))));
			this.repeat(page, during);
			const over = this.stretch.length - keepReading;
			if (over > leeway) this.cut(direction === "before" ? "after" : "before", over);
			if (this.since) this.divide(this.since);
		});
	}

	/** Applies to a page what happened after it was made. */
	private repeat(page: Page, during: Frame[]): void {
		this.flights.delete(during);
		for (const f of during) if (f.seq! > page.seq) this.apply(f);
	}

	/**
	 * Shows another stretch of the room in place of this one, the newest or one
	 * around a message, and returns the number that it was made at; null when
	 * it was overtaken by another. What waits to be sent stays.
	 */
	async reset(around = 0): Promise<number | null> {
		const generation = ++this.generation;
		const during: Frame[] = [];
		this.flights.add(during);
		try {
			const page = await this.ask(around ? `?around=${around}` : "");
			if (generation !== this.generation) return null;
			this.clear("before");
			this.clear("after");
			const swap = () => {
				this.drop(0, this.stretch.length);
				this.hasBefore = page.hasBefore;
				this.hasAfter = page.hasAfter;
				this.introduce();
				this.insert(page.articles);
				this.repeat(page, during);
				if (this.since) this.divide(this.since);
			};
			const focused = document.activeElement?.closest<HTMLElement>("article[data-id]");
			keepFocus(
				() => {
					if (around) {
						this.keepPlace(swap);
					} else {
						swap();
						this.toEnd();
					}
				},
				() => (focused && this.stretch.get(idOf(focused))) ?? this.element,
			);
			this.reached(page.seq);
			this.element.dataset.epoch = page.epoch;
			this.fill();
			return page.seq;
		} finally {
			this.flights.delete(during);
		}
	}

	private async ask(query: string): Promise<Page> {
		const signal = AbortSignal.any([this.signal, AbortSignal.timeout(patience)]);
		const response = await fetch(`${base}/rooms/${this.room}/messages${query}`, { signal }).catch(() => {
			throw new Unanswered(0);
		});
		if (response.redirected) throw new Unanswered(401); // to sign in
		if (!response.ok) throw new Unanswered(response.status);
		const [page] = parse(await response.text());
		return {
			articles: [...page.children] as HTMLElement[],
			hasBefore: page.hasAttribute("data-has-before"),
			hasAfter: page.hasAttribute("data-has-after"),
			seq: Number(page.dataset.seq),
			epoch: page.dataset.epoch ?? "",
		};
	}

	/** Says at an end that more could not be loaded. */
	private fail(direction: Direction): void {
		this.clear(direction);
		const again = el("button", { type: "button", class: "button" }, t("retry"));
		again.addEventListener("click", () => this.recover());
		const row = el("p", { class: "trouble", role: "status" }, t("gone"), again);
		const first = this.stretch.at(0);
		const place = direction === "before" && first ? this.head(first) : (this.waiting.values().next().value ?? null);
		this.keepPlace(() => this.element.insertBefore(row, place));
		this.trouble[direction] = row;
	}

	private clear(direction: Direction): void {
		this.trouble[direction]?.remove();
		delete this.trouble[direction];
	}

	/** Tries again what could not be loaded. */
	recover(): void {
		if (!this.trouble.before && !this.trouble.after) return;
		keepFocus(
			() =>
				this.keepPlace(() => {
					this.clear("before");
					this.clear("after");
				}),
			() => this.element,
		);
		this.fill();
	}
}

/**
 * Gives a message its new form and leaves the rest as it is: an open editor, a
 * menu, the focus.
 */
function transplant(old: HTMLElement, fresh: HTMLElement): void {
	old.dataset.version = fresh.dataset.version;
	old.classList.toggle("emoji", fresh.classList.contains("emoji"));
	const content = old.querySelector(".content")!;
	const same = (e: Element) => [...content.children].find((c) => c.tagName === e.tagName && c.classList[0] === e.classList[0]);
	if (!fresh.querySelector(".previews")) content.querySelector(".previews")?.remove();
	let last: Element | null = null; // what comes after the text stands in its order
	for (const part of [...fresh.querySelector(".content")!.children]) {
		const place = same(part);
		if (place) place.replaceChildren(...part.childNodes);
		else if (last) last.after(part);
		last = place ?? part;
	}
}
