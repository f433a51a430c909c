// The list of rooms and its marks: how much is unread in each, how much of it
// is for the reader.
//
// A row says up to which number of its room it counts (data-seq). Where a frame
// tells of a later one, the difference is taken as that many messages; what
// was an edit or a boost among them is corrected when the list is next fetched.

import { api } from "../base/api";
import { el } from "../base/dom";
import { keepFocus } from "../base/focus";
import { icon } from "../base/icon";
import { morph } from "../base/morph";
import { base, viewer } from "../base/page";
import { t, translate } from "../base/text";
import { drafted, onDrafts } from "../composer/drafts";
import type { Frame, Live } from "../live/live";
import type { Room } from "../room/room";
import { counted, setCount } from "./badge";
import { nameKeys } from "./keys";
import { ping } from "./ping";
import { strip } from "./strip";

const most = 1000; // counts stop there
const correctAfter = 10_000; // milliseconds after the first guess
const noticeAfter = 300; // milliseconds in which news of rooms are taken together
const spread = 2000; // milliseconds in which all pages ask, when everyone is told at once

export class Sidebar {
	private element = document.getElementById("sidebar")!;
	private room: Room | null = null; // on screen
	private asked = new Set<number>(); // rooms that the list did not have
	private timer = 0;
	private fetching = false;
	private again = false;
	private changed: (() => void)[] = [];

	/** go leads to a page. */
	constructor(live: Live, go: (url: string) => void) {
		let first = true;
		live.on("welcome", () => {
			if (!first) void this.refresh(true);
			first = false;
		});
		live.on("unread", (f) => this.news(f.room_id!, f.seq!, f.mention === true, null));
		live.on("read", (f) => this.read(f));
		live.on("message_created", (f) => this.event(f));
		for (const type of ["message_updated", "message_deleted", "boost_created", "boost_deleted"]) live.on(type, (f) => this.event(f));
		live.on("batch", (f) => f.messages.forEach((e: Frame) => this.event(e)));
		for (const type of ["room_added", "room_updated", "room_removed"]) live.on(type, () => this.soon(noticeAfter));
		// Everyone is told of who joins or has another name.
		live.on("user_updated", () => this.soon(noticeAfter + Math.random() * spread, false));
		live.on("involvement", () => void this.refresh(true));
		document.addEventListener("visibilitychange", () => {
			if (document.visibilityState === "visible" && this.timer) this.soon(0);
		});
		// Without this the form leads to the ping by itself.
		this.element.addEventListener("submit", (event) => {
			const person = event.submitter as HTMLButtonElement | null;
			if (!person?.matches(".stranger")) return;
			event.preventDefault();
			void ping(Number(person.value), go);
		});
		this.onChange(strip(this.element));
		onDrafts(() => this.drafts());
		this.total();
	}

	/** Calls f whenever rows may have come, gone or changed. */
	onChange(f: () => void): void {
		this.changed.push(f);
	}

	/** Marks the page that is shown; its document brought a list of its own. */
	here(room: Room | null, came: Document): void {
		this.room = room;
		const list = came.getElementById("sidebar");
		if (list && list !== this.element) this.take(list, false);
		this.markCurrent();
		this.drafts();
		this.element.querySelector('[aria-current="page"]')?.scrollIntoView({ block: "nearest" });
	}

	private markCurrent(): void {
		for (const link of this.element.querySelectorAll<HTMLAnchorElement>("a[href]")) {
			const current = link.dataset.room ? Number(link.dataset.room) === this.room?.id : !this.room && link.pathname === location.pathname && link.pathname !== base + "/";
			if (current) link.setAttribute("aria-current", "page");
			else link.removeAttribute("aria-current");
		}
	}

	/** The rows in their order. */
	rows(): HTMLAnchorElement[] {
		return [...this.element.querySelectorAll<HTMLAnchorElement>("a[data-room]")];
	}

	row(room: number): HTMLAnchorElement | null {
		return this.element.querySelector(`a[data-room="${room}"]`);
	}

	/** Moves the pointer of every room to its end. */
	async readAll(): Promise<void> {
		for (const row of this.rows()) {
			if (Number(row.dataset.unread) > 0) await api("PUT", `/rooms/${row.dataset.room}/read`, { seq: Number(row.dataset.seq) });
		}
	}

	// — What is told —

	private event(f: Frame): void {
		const row = this.row(f.room_id!);
		if (!row || f.seq! <= Number(row.dataset.seq)) return;
		const created = f.type === "message_created";
		if (created && row.closest(".directs")) this.toTop(row);
		// What the reader sees coming, or has written, is not news.
		const seen = f.room_id === this.room?.id && document.visibilityState === "visible" && this.room!.log.following;
		if (!created || seen || String(f.creator_id) === viewer) {
			row.dataset.seq = String(f.seq);
			return;
		}
		this.news(f.room_id!, f.seq!, reaches(f.html), 1);
	}

	/** Counts messages up to a number: so many, or as many as it is ahead. */
	private news(room: number, seq: number, mention: boolean, messages: number | null): void {
		const row = this.row(room);
		if (!row) {
			// It is one that is not listed, or news of it has been lost.
			if (!this.asked.has(room)) this.soon(noticeAfter);
			this.asked.add(room);
			return;
		}
		const ahead = seq - Number(row.dataset.seq);
		if (ahead <= 0 && !mention) return;
		row.dataset.seq = String(Math.max(seq, Number(row.dataset.seq)));
		if (ahead > 1 && messages === null) this.soon(correctAfter);
		const add = Math.max(0, messages ?? ahead);
		this.mark(row, Number(row.dataset.unread) + add, Number(row.dataset.mentions) + (mention ? 1 : 0));
		if (row.closest(".directs")) this.toTop(row);
	}

	private read(f: Frame): void {
		const row = this.row(f.room_id!);
		if (!row) return;
		row.dataset.read = String(f.read_seq);
		row.dataset.seq = String(Math.max(f.seq ?? 0, Number(row.dataset.seq)));
		this.mark(row, f.unread_count, f.mention_count);
	}

	private mark(row: HTMLElement, unread: number, mentions: number): void {
		row.dataset.unread = String(Math.min(unread, most));
		row.dataset.mentions = String(Math.min(mentions, most));
		row.classList.toggle("unread", unread > 0);
		row.classList.toggle("mentioned", forReader(row) > 0);
		const badge = row.querySelector(".badge")!;
		badge.replaceChildren(...(unread > 0 ? [el("span", { class: "count" }, counted(unread)), el("span", { class: "off-screen" }, " ", forReader(row) > 0 ? t("row.mentions") : t("row.unread"))] : []));
		this.total();
	}

	private toTop(row: HTMLElement): void {
		const item = row.closest("li")!;
		const list = item.parentElement!;
		const top = list.querySelector(":scope > li:has([data-room])");
		if (!top || top === item) return;
		const focused = document.activeElement as HTMLElement | null;
		list.insertBefore(item, top);
		if (focused && item.contains(focused)) focused.focus({ preventScroll: true });
	}

	private total(): void {
		let n = 0;
		let rooms = 0;
		for (const row of this.rows()) {
			n += forReader(row);
			if (Number(row.dataset.unread) > 0) rooms++;
		}
		setCount(n, rooms);
		this.drafts();
		for (const f of this.changed) f();
	}

	/** Marks the rooms in which something is begun, but for the one on screen. */
	private drafts(): void {
		const begun = drafted();
		for (const row of this.rows()) {
			const shown = row.querySelector(".draft-mark");
			const want = begun.has(Number(row.dataset.room)) && Number(row.dataset.room) !== this.room?.id;
			if (want && !shown) row.querySelector(".badge")!.before(draftMark());
			else if (!want) shown?.remove();
		}
	}

	// — Fetching —

	/** Fetches the list after a time; where nobody looks and it is not urgent, when someone does. */
	private soon(wait: number, urgent = wait < correctAfter): void {
		window.clearTimeout(this.timer);
		this.timer = window.setTimeout(() => {
			if (document.visibilityState === "visible" || urgent) void this.refresh(false);
		}, wait);
	}

	/** Fetches the list anew. After a time without a connection it is right and the rows are not, whatever they say. */
	async refresh(force: boolean): Promise<void> {
		if (this.fetching) {
			this.again ||= true;
			return;
		}
		this.fetching = true;
		this.timer = 0;
		try {
			const response = await fetch(`${base}/sidebar?room=${this.room?.id ?? ""}`);
			if (!response.ok || response.redirected) return;
			const list = this.element.cloneNode(false) as HTMLElement;
			list.innerHTML = await response.text();
			this.take(list, force);
		} catch {
			// the next reconnect asks again
		} finally {
			this.fetching = false;
			if (this.again) {
				this.again = false;
				void this.refresh(force);
			}
		}
	}

	/** Makes the list like another; rows that know more than its stay. */
	private take(list: HTMLElement, force: boolean): void {
		translate(list);
		nameKeys(list);
		const old = (from: HTMLElement, to: HTMLElement) => Number(from.dataset.seq) > Number(to.dataset.seq) || Number(from.dataset.read) > Number(to.dataset.read);
		keepFocus(
			() => morph(this.element, list, (from, to) => from instanceof HTMLElement && from.dataset.room !== undefined && !force && old(from, to as HTMLElement)),
			() => this.element.querySelector<HTMLElement>('[aria-current="page"], nav a'), // the row that had it is gone
		);
		this.asked.clear();
		this.markCurrent();
		this.total();
	}
}

/** Says that something is begun in a room. */
export function draftMark(): HTMLElement {
	return el("span", { class: "draft-mark", title: t("row.draft") }, icon("pencil"), el("span", { class: "off-screen" }, " ", t("row.draft")));
}

/** How many messages of a room are for the reader: those that name them, and all of a direct. */
function forReader(row: HTMLElement): number {
	if (row.dataset.involvement === "nothing") return 0;
	return Number(row.closest(".directs") ? row.dataset.unread : row.dataset.mentions);
}

/** Whether a message names the reader, or all. */
function reaches(html: string): boolean {
	return html.includes(`data-user-id="${viewer}"`) || /data-mention="(here|everyone)"/.test(html);
}
