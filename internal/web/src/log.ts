// The list of messages: in their order, grouped and dated for this reader, at
// the place where the reader is.
//
// Its children are, in this order: what greets (if any), the messages by id,
// each day's separator before its first message and one divider before the
// first that is new, and what waits to be sent.

import { arrangeBoosts } from "./boosts";
import { arrangeCode } from "./code";
import { el, parse } from "./dom";
import { base, viewer } from "./page";
import { t, translate } from "./text";
import { dayOf, localTimes } from "./time";

const together = 5 * 60_000; // of one author: grouped
const nearEnd = 100; // pixels
const nearEdge = 800; // pixels from where more is loaded
const keepFollowing = 300; // messages, while the end is read
const keepReading = 2000; // messages, while history is read
const leeway = 20;

export class MessageLog {
	hasBefore: boolean;
	hasAfter: boolean; // the page does not show the end
	private loading = false;
	private jump = document.getElementById("jump")!;

	constructor(
		readonly element: HTMLElement,
		private room: number,
		read: number,
		signal: AbortSignal,
		private moved: () => void, // what is on screen has changed
	) {
		this.hasBefore = element.hasAttribute("data-has-before");
		this.hasAfter = element.hasAttribute("data-has-after");
		element.querySelectorAll(".older, .newer").forEach((e) => e.remove());
		this.arrange(this.messages());
		this.divide(read);
		this.jump.addEventListener(
			"click",
			(event) => {
				if (this.hasAfter) return; // the link leads to the page that shows the end
				event.preventDefault();
				this.toEnd();
			},
			{ signal },
		);
		element.addEventListener("scroll", () => this.scrolled(), { passive: true, signal });
		window.addEventListener("resize", () => this.scrolled(), { signal });
	}

	/** Goes to where reading begins. */
	start(): void {
		const highlight = document.getElementById("message-" + this.element.dataset.highlight);
		if (highlight) {
			highlight.classList.add("highlight");
			highlight.scrollIntoView({ block: "center" });
		} else {
			this.toEnd();
		}
		this.fill();
	}

	message(id: number): HTMLElement | null {
		return document.getElementById("message-" + id);
	}

	/** The stored messages in the page, oldest first. */
	messages(): HTMLElement[] {
		return [...this.element.querySelectorAll<HTMLElement>("article.message:not(.pending)")];
	}

	pending(client: string): HTMLElement | null {
		return this.element.querySelector<HTMLElement>(`.pending[data-client="${CSS.escape(client)}"]`);
	}

	atEnd(): boolean {
		const { scrollHeight, scrollTop, clientHeight } = this.element;
		return !this.hasAfter && scrollHeight - scrollTop - clientHeight < nearEnd;
	}

	toEnd(): void {
		this.element.scrollTop = this.element.scrollHeight;
		this.jump.hidden = !this.hasAfter;
	}

	// — Changes —

	/** Adds a message at the end, in place of its pending one. */
	append(html: string, id: number, client: string, mine: boolean): void {
		if (this.message(id)) return;
		if (this.hasAfter) {
			this.jump.hidden = false;
			return;
		}
		const follow = this.atEnd() || mine;
		const pending = mine ? this.pending(client) : null;
		const [article] = parse(html);
		this.element.querySelector(".empty")?.remove();
		pending?.remove();
		this.element.insertBefore(article, this.element.querySelector(".pending"));
		this.arrange([article]);
		if (follow) {
			this.trim("first", keepFollowing);
			this.toEnd();
		} else {
			this.jump.hidden = false;
		}
	}

	/** Adds what waits to be sent. */
	appendPending(article: HTMLElement): void {
		this.element.querySelector(".empty")?.remove();
		this.element.append(article);
		this.arrange([article]);
		this.toEnd();
	}

	/** Puts a message's new form in its place. One that is being edited keeps its editor until that closes. */
	replace(id: number, html: string): void {
		const old = this.message(id);
		if (!old) return;
		if (old.querySelector(".editor")) {
			old.dataset.stale = html;
			return;
		}
		const [article] = parse(html);
		const boosts = old.querySelector(".boosts");
		if (boosts && !article.querySelector(".boost")) article.querySelector(".boosts")!.replaceWith(boosts);
		this.keepPlace(() => {
			old.replaceWith(article);
			this.arrange([article]);
		});
	}

	/** Takes a message away. One that is being edited stays until its editor, which hears of it, closes. */
	remove(id: number): void {
		const old = this.message(id);
		const edited = old?.querySelector(".editor") != null;
		if (edited) old!.dispatchEvent(new Event("gone"));
		this.keepPlace(() => {
			if (old && !edited) {
				const next = this.neighbour(old, "nextElementSibling");
				if (this.isDay(old.previousElementSibling)) old.previousElementSibling!.remove();
				old.remove();
				if (next) this.arrange([next]);
			}
			for (const q of this.element.querySelectorAll<HTMLElement>(`[data-quote="${id}"]`)) q.textContent = t("deleted");
		});
	}

	boost(id: number, boost: any): void {
		const list = this.message(id)?.querySelector(".boosts");
		if (!list || list.querySelector(`[data-boost="${boost.id}"]`)) return;
		this.keepPlace(() => {
			list.append(el("li", { class: "boost", "data-boost": String(boost.id), "data-booster": String(boost.booster.id), title: boost.booster.name }, el("bdi", {}, boost.content)));
			this.decorate(this.message(id)!);
		});
	}

	unboost(boost: number): void {
		const gone = this.element.querySelector(`[data-boost="${boost}"]`);
		const message = gone?.closest<HTMLElement>(".message");
		if (!gone || !message) return;
		this.keepPlace(() => {
			gone.remove();
			arrangeBoosts(message);
		});
	}

	// — What depends on the reader —

	/** Decorates messages that have come, and dates and groups them and their followers. */
	private arrange(articles: HTMLElement[]): void {
		for (const article of articles) this.decorate(article);
		for (const article of articles) this.group(article);
		const last = articles.at(-1);
		const next = last && this.neighbour(last, "nextElementSibling");
		if (next) this.group(next);
	}

	private decorate(m: HTMLElement): void {
		m.dataset.at = String(new Date(m.querySelector("time")!.dateTime).getTime());
		m.classList.toggle("mine", m.dataset.creator === viewer);
		for (const mention of m.querySelectorAll<HTMLElement>(".mention")) {
			const me = mention.dataset.userId === viewer;
			mention.classList.toggle("me", me);
			if (me || (mention.dataset.mention && m.dataset.creator !== viewer)) m.classList.add("mentioned-me");
		}
		arrangeBoosts(m);
		arrangeCode(m);
		localTimes(m);
		translate(m);
	}

	/** Sets whether a message begins a day, and whether it continues its author's. */
	private group(m: HTMLElement): void {
		const before = this.neighbour(m, "previousElementSibling");
		const at = new Date(Number(m.dataset.at));
		const begins = !before || new Date(Number(before.dataset.at)).toDateString() !== at.toDateString();
		const day = this.isDay(m.previousElementSibling) ? m.previousElementSibling : null;
		if (begins && !day) m.before(el("div", { class: "day" }, el("span", {}, dayOf(at))));
		if (!begins) day?.remove();
		const close = !begins && before!.dataset.creator === m.dataset.creator && at.getTime() - Number(before!.dataset.at) < together;
		m.classList.toggle("grouped", close && !m.querySelector(".quote"));
	}

	private isDay(e: Element | null): boolean {
		return e?.classList.contains("day") ?? false;
	}

	private neighbour(m: HTMLElement, direction: "nextElementSibling" | "previousElementSibling"): HTMLElement | null {
		let e = m[direction];
		while (e && !e.matches("article.message")) e = e[direction];
		return e as HTMLElement | null;
	}

	/** Marks what has come since the reader was last here. */
	private divide(read: number): void {
		const first = this.messages().find((m) => Number(m.dataset.seq) > read && m.dataset.creator !== viewer);
		if (first && read > 0) first.before(el("div", { class: "divider", role: "separator" }, t("new")));
	}

	// — The reader's place —

	/** Changes the page without moving what the reader looks at. */
	private keepPlace(change: () => void): void {
		if (this.atEnd()) {
			change();
			this.toEnd();
			return;
		}
		const top = this.element.getBoundingClientRect().top;
		const anchor = this.messages().find((m) => m.getBoundingClientRect().bottom > top);
		const at = anchor?.getBoundingClientRect().top ?? 0;
		change();
		if (anchor?.isConnected) this.element.scrollTop += anchor.getBoundingClientRect().top - at;
	}

	private trim(end: "first" | "last", keep: number): void {
		const all = this.messages();
		const over = all.length - keep;
		if (over <= leeway) return;
		const gone = end === "first" ? all.slice(0, over) : all.slice(-over);
		for (const m of gone) {
			if (this.isDay(m.previousElementSibling)) m.previousElementSibling!.remove();
			m.remove();
		}
		if (end === "first") {
			this.hasBefore = true;
			this.group(all[over]);
		} else {
			this.hasAfter = true;
		}
	}

	private scrolled(): void {
		this.jump.hidden = this.atEnd();
		const { scrollHeight, scrollTop, clientHeight } = this.element;
		if (scrollTop < nearEdge && this.hasBefore) void this.load("before");
		else if (this.hasAfter && scrollHeight - scrollTop - clientHeight < nearEdge) void this.load("after");
		this.moved();
	}

	/** Loads more while the page is not full. */
	private fill(): void {
		if (this.element.scrollHeight <= this.element.clientHeight && this.hasBefore) void this.load("before");
		else this.scrolled();
	}

	private async load(direction: "before" | "after"): Promise<void> {
		if (this.loading) return;
		const all = this.messages();
		const edge = direction === "before" ? all[0] : all.at(-1);
		if (!edge) return;
		this.loading = true;
		try {
			const response = await fetch(`${base}/rooms/${this.room}/messages?${direction}=${edge.dataset.id}`);
			if (!response.ok) throw new Error(String(response.status));
			const [page] = parse(await response.text());
			const fresh = ([...page.children] as HTMLElement[]).filter((m) => !document.getElementById(m.id));
			this.keepPlace(() => {
				if (direction === "before") {
					edge.before(...fresh);
					if (this.isDay(fresh[0]?.previousElementSibling ?? null)) fresh[0].previousElementSibling!.remove();
					this.hasBefore = page.hasAttribute("data-has-before");
				} else {
					edge.after(...fresh);
					this.hasAfter = page.hasAttribute("data-has-after");
				}
				this.arrange(fresh);
				this.trim(direction === "before" ? "last" : "first", keepReading);
			});
		} catch {
			document.getElementById("status")!.textContent = t("gone");
			return;
		} finally {
			this.loading = false;
		}
		if (this.element.scrollHeight <= this.element.clientHeight) this.fill();
	}
}
