// Moving about inside of the page: another main part is fetched and put in
// the place of the one shown. The sidebar, the socket and what else runs stay.
//
// What can't be moved to like this (another version, another reader, a page
// outside of a session, a file) is left to the browser.

import { el } from "../base/dom";
import { focusIn } from "../base/focus";
import { base, viewer } from "../base/page";
import { t, translate } from "../base/text";
import { localTimes } from "../base/time";
import { goOn, stepped } from "../parts/back";
import { toast } from "../parts/toast";
import type { Live } from "../live/live";
import { Room } from "../room/room";
import { setTitle } from "./badge";

const patience = 300; // milliseconds until waiting is shown
const longest = 20_000; // milliseconds until an answer is given up
const warmAfter = 65; // milliseconds on a link until its page is fetched
const warmFor = 5000; // milliseconds that it is held
const warmMost = 3; // on their way at a time
const copies = 10; // pages kept for when the server can't be reached
const places = 50; // of the history

/** Paths that are no pages of the app. */
const foreign = /^\/(api|assets|files|styles|language|login|logout|setup|join|transfer|ws|up|healthz?|readyz|metrics)(\/|$)|\/avatar$/;

/** An answer to a request for a page. */
type Answer = { url: URL; status: number; html: string };

/** Where the reader was in a page. */
type Place = { top: number; end?: boolean; anchor?: number; offset?: number };

/** A page that has come on screen; its document is what else came with it. */
export type Arrival = { main: HTMLElement; room: Room | null; document: Document };

export class Pages {
	/** The room on screen, if there is one. */
	room: Room | null = null;

	private at = new URL(location.href); // of the page shown
	private entry: number; // of the history, shown
	private entries = Date.now();
	private places = new Map<number, Place>();
	private loading: AbortController | null = null;
	private warmed = new Map<string, Promise<Answer>>();
	private warming = 0; // on their way
	private copies = new Map<string, Answer>();
	private inside = 0; // moves made, so that going back stays here
	private line = el("div", { class: "progress", "aria-hidden": "true", hidden: "" });
	private announcer = el("p", { class: "off-screen", role: "status" });

	constructor(
		private live: Live,
		private arrived: (arrival: Arrival) => void,
	) {
		document.body.append(this.line, this.announcer);
		history.scrollRestoration = "manual";
		this.entry = history.state?.entry ?? ++this.entries;
		history.replaceState({ entry: this.entry }, "");
		document.addEventListener("click", (event) => this.click(event));
		document.addEventListener("submit", (event) => this.submit(event));
		window.addEventListener("popstate", () => stepped(this.entry) || this.travel());
		this.warmLinks();
	}

	/** Takes the page that the browser loaded. */
	begin(): void {
		this.copies.set(this.at.href, { url: this.at, status: 200, html: document.documentElement.outerHTML });
		this.enter(document.getElementById("main")!, document);
		const told = [...document.querySelectorAll("#main [role=alert]")].map((e) => e.textContent!.trim());
		if (told.length > 0) requestAnimationFrame(() => (this.announcer.textContent = told.join(" "))); // what a page comes with is not read as news
		// What the address names is where one goes on: the browser goes there once all
		// is loaded, and takes the focus off what has it.
		const named = location.hash ? document.getElementById(decodeURIComponent(location.hash.slice(1))) : null;
		if (!named) this.settle();
		else if (document.readyState === "complete") this.settle(named);
		else window.addEventListener("load", () => requestAnimationFrame(() => this.settle(named)), { once: true });
	}

	/** Gives the focus to a part of a page that was loaded whole, unless something has it. */
	private settle(part?: HTMLElement): void {
		if (document.activeElement !== document.body) return;
		if (!part || !focusIn(part)) this.focus();
	}

	/** Goes to a page. */
	async visit(to: string | URL): Promise<void> {
		const url = new URL(to, location.href);
		if (!this.ours(url)) {
			location.assign(url);
			return;
		}
		if (this.inPlace(url)) return;
		await this.load(url, () => void this.visit(url), (answer, next) => {
			this.keepPlace();
			const push = answer.url.href !== this.at.href;
			if (push) {
				this.entry = ++this.entries;
				this.inside++;
				goOn(this.entry, answer.url);
			}
			this.swap(answer.url, next);
			this.focus();
		});
	}

	/** Goes back to where the reader came from, else to the last room. */
	leave(): void {
		if (this.inside > 0) history.back();
		else void this.visit(base + "/");
	}

	// — What leads somewhere —

	private ours(url: URL): boolean {
		return url.origin === location.origin && url.pathname.startsWith(base + "/") && !foreign.test(url.pathname.slice(base.length));
	}

	private click(event: MouseEvent): void {
		if (event.defaultPrevented || event.button !== 0 || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
		const link = (event.target as Element).closest<HTMLAnchorElement>("a[href]");
		if (!link || (link.target && link.target !== "_self") || link.hasAttribute("download")) return;
		const url = new URL(link.href);
		if (!this.ours(url) || (url.hash && samePage(url, this.at))) return;
		event.preventDefault();
		if (link.hasAttribute("data-back")) this.leave();
		else void this.visit(url);
	}

	/** Forms that ask for a page; those that change something load it whole. */
	private submit(event: SubmitEvent): void {
		const form = event.target as HTMLFormElement;
		if (event.defaultPrevented || form.method !== "get" || form.target) return;
		const url = new URL(form.action, location.href);
		if (!this.ours(url)) return;
		event.preventDefault();
		url.search = new URLSearchParams([...new FormData(form, event.submitter)].map(([name, value]) => [name, String(value)])).toString();
		void this.visit(url);
	}

	/** Shows what is on the page already: a message of the room, its end. */
	private inPlace(url: URL): boolean {
		const log = this.room?.log;
		if (!log) return false;
		const room = `${base}/rooms/${this.room!.id}`;
		const message = url.pathname.startsWith(room + "/@") ? log.message(Number(url.pathname.slice(room.length + 2))) : null;
		const end = url.pathname === room && url.search === "" && !log.hasAfter;
		if (!message && !end) return false;
		if (url.href !== this.at.href) {
			this.keepPlace();
			this.entry = ++this.entries;
			this.inside++;
			goOn(this.entry, url);
			this.at = url;
		}
		this.loading?.abort();
		if (message) {
			for (const other of log.element.querySelectorAll(".highlight")) other.classList.remove("highlight");
			void message.offsetWidth; // so that it shines again
			message.classList.add("highlight");
			message.scrollIntoView({ block: "center" });
			message.focus({ preventScroll: true });
		} else {
			log.toEnd();
			this.focus();
		}
		return true;
	}

	// — Back and forward —

	private travel(): void {
		this.loading?.abort();
		const url = new URL(location.href);
		this.keepPlace();
		this.entry = history.state?.entry ?? ++this.entries;
		history.replaceState({ entry: this.entry }, "");
		const hashOnly = samePage(url, this.at) && url.href !== this.at.href;
		if (hashOnly) {
			this.at = url;
			return;
		}
		const place = this.places.get(this.entry);
		const log = this.room?.log;
		const room = log && new RegExp(`^${base}/rooms/${this.room!.id}(/@\\d+)?$`).test(url.pathname);
		if (room && place && (place.end ? !log.hasAfter : log.message(place.anchor ?? 0))) {
			this.at = url;
			this.restore(place);
			return;
		}
		// A stretch of the room around where the reader was, under the room's own address.
		const from = new URL(url);
		if (place?.anchor && !place.end) from.pathname = from.pathname.replace(/(\/rooms\/\d+)(\/@\d+)?$/, `$1/@${place.anchor}`);
		void this.load(
			from,
			() => this.travel(),
			(_, next) => {
				this.swap(url, next);
				if (place) this.restore(place);
				this.focus();
			},
			url,
		);
	}

	private keepPlace(): void {
		const place: Place = { top: scroller().scrollTop };
		const log = this.room?.log;
		if (log) {
			const anchor = log.firstOnScreen();
			place.end = log.following;
			place.anchor = Number(anchor?.dataset.id ?? 0);
			place.offset = anchor ? anchor.getBoundingClientRect().top - log.element.getBoundingClientRect().top : 0;
		}
		this.places.set(this.entry, place);
		forget(this.places, places);
	}

	private restore(place: Place): void {
		const log = this.room?.log;
		if (!log) {
			scroller().scrollTop = place.top;
			return;
		}
		if (place.end) {
			log.toEnd();
			return;
		}
		const anchor = log.message(place.anchor ?? 0);
		if (!anchor) return;
		if (!this.at.pathname.endsWith("/@" + place.anchor)) anchor.classList.remove("highlight");
		log.element.scrollTop += anchor.getBoundingClientRect().top - log.element.getBoundingClientRect().top - (place.offset ?? 0);
		log.following = log.atEnd(); // the scrolling is only told later
	}

	// — Loading —

	/** Fetches a page and has it shown; again is what to do when it did not come and the reader wants it still. */
	private async load(url: URL, again: () => void, show: (answer: Answer, next: Document) => void, shown?: URL): Promise<void> {
		this.loading?.abort();
		const turn = (this.loading = new AbortController());
		const timer = window.setTimeout(() => (this.line.hidden = false), patience);
		let answer: Answer | undefined;
		try {
			answer = await this.answer(url, turn.signal);
		} catch {
			if (shown) answer = this.copies.get(shown.href); // better an old page than none: its room catches up
		} finally {
			window.clearTimeout(timer);
			if (this.loading === turn) {
				this.loading = null;
				this.line.hidden = true;
			}
		}
		if (turn.signal.aborted) return;
		if (!answer) {
			toast(navigator.onLine ? t("visit.failed") : t("visit.offline"), { error: true, action: { label: t("retry"), act: again } });
			return;
		}
		const next = new DOMParser().parseFromString(answer.html, "text/html");
		if (answer.html && sameApp(next)) {
			this.copies.set((shown ?? answer.url).href, answer);
			forget(this.copies, copies);
			show(answer, next);
		} else if (answer.status >= 400 && answer.html) {
			const said = next.querySelector("#main p")?.textContent ?? t("visit.failed");
			toast(said, { error: true, ...(answer.status >= 500 || answer.status === 429 ? { action: { label: t("retry"), act: again } } : {}) });
		} else {
			location.assign(answer.url);
		}
	}

	private async answer(url: URL, signal: AbortSignal): Promise<Answer> {
		const warm = this.warmed.get(url.href);
		this.warmed.delete(url.href);
		if (warm) {
			try {
				return await warm;
			} catch {
				// it is asked for once more
			}
		}
		return get(url, AbortSignal.any([signal, AbortSignal.timeout(longest)]));
	}

	private swap(url: URL, next: Document): void {
		this.room?.close();
		this.room = null;
		for (const dialog of document.querySelectorAll("dialog")) dialog.close();
		document.body.className = next.body.className;
		const main = next.getElementById("main")!;
		document.getElementById("main")!.replaceWith(document.adoptNode(main));
		this.at = url;
		setTitle(next.title);
		this.enter(main, next);
		const told = [...main.querySelectorAll("[role=alert], [role=status]")].map((e) => e.textContent!.trim());
		this.announcer.textContent = [next.title, ...told].filter(Boolean).join(". ");
		if (url.hash) document.getElementById(url.hash.slice(1))?.scrollIntoView();
	}

	private enter(main: HTMLElement, document: Document): void {
		localTimes(main);
		translate(main);
		const log = main.querySelector<HTMLElement>("#messages");
		if (log) {
			this.room = new Room(log, this.live);
			rememberRoom(this.room.id);
		}
		this.arrived({ main, room: this.room, document });
		this.at = new URL(location.href); // what a form said may have been taken off it
	}

	/** Gives the focus to what one would go on with. */
	private focus(): void {
		const main = document.getElementById("main")!;
		const first = main.querySelector<HTMLElement>("[autofocus]");
		const found = main.querySelector<HTMLElement>(".message.highlight");
		if (first) first.focus();
		else if (found) found.focus({ preventScroll: true });
		else if (this.room?.composer && !matchMedia("(pointer: coarse)").matches) this.room.composer.focus();
		else main.focus({ preventScroll: true });
	}

	// — Warming —

	/** Fetches the page of a room whose link the reader is about to follow. */
	private warmLinks(): void {
		let timer = 0;
		const leave = () => window.clearTimeout(timer);
		const near = (event: Event) => {
			const link = (event.target as Element).closest<HTMLAnchorElement>("a[data-room]");
			if (!link) return;
			window.clearTimeout(timer);
			timer = window.setTimeout(() => this.warm(new URL(link.href)), warmAfter);
		};
		document.addEventListener("pointerover", near);
		document.addEventListener("pointerout", leave);
		document.addEventListener("pointercancel", leave);
		document.addEventListener("focusin", near);
		document.addEventListener("focusout", leave);
	}

	private warm(url: URL): void {
		const saving = (navigator as { connection?: { saveData?: boolean } }).connection?.saveData;
		if (saving || this.warming >= warmMost || this.warmed.has(url.href) || samePage(url, this.at)) return;
		this.warming++;
		const answer = get(url, AbortSignal.timeout(longest), { Purpose: "prefetch" });
		this.warmed.set(url.href, answer);
		const drop = () => {
			if (this.warmed.get(url.href) === answer) this.warmed.delete(url.href);
		};
		answer.then(() => window.setTimeout(drop, warmFor), drop).finally(() => this.warming--);
	}
}

async function get(url: URL, signal: AbortSignal, headers: Record<string, string> = {}): Promise<Answer> {
	const response = await fetch(url, { signal, headers: { Accept: "text/html", ...headers } });
	const to = new URL(response.url);
	to.hash = url.hash;
	const page = (response.headers.get("Content-Type") ?? "").startsWith("text/html");
	if (!page) void response.body?.cancel();
	return { url: to, status: response.status, html: page ? await response.text() : "" };
}

function samePage(a: URL, b: URL): boolean {
	return a.origin === b.origin && a.pathname === b.pathname && a.search === b.search;
}

/** Whether a page can take the place of this one: of the same version, looks, language and reader. */
function sameApp(next: Document): boolean {
	return next.body.classList.contains("app") && next.body.dataset.viewer === viewer && next.documentElement.lang === document.documentElement.lang && files(next) === files(document);
}

function files(d: Document): string {
	return [...d.querySelectorAll("head > script, head > link[rel=stylesheet]")].map((e) => e.getAttribute("src") ?? e.getAttribute("href")).join(" ");
}

/** What scrolls on a page that is no room. */
function scroller(): Element {
	const main = document.getElementById("main")!;
	return main.querySelector(".sheet") ?? main;
}

/** Has the server lead back to a room that it may have sent ahead, and so does not count as looked at. */
function rememberRoom(id: number): void {
	const secure = location.protocol === "https:" ? "; Secure" : "";
	document.cookie = `campfire_room=${id}; Path=${base}/; Max-Age=31536000; SameSite=Lax${secure}`;
}

/** Keeps the newest of a map. */
function forget<K>(map: Map<K, unknown>, keep: number): void {
	for (const key of map.keys()) {
		if (map.size <= keep) return;
		map.delete(key);
	}
}
