// The switcher: one field that finds rooms, people and commands.

import { api } from "../base/api";
import { el } from "../base/dom";
import { icon } from "../base/icon";
import { fit } from "../base/match";
import { base, viewer } from "../base/page";
import { locale, t } from "../base/text";
import { openOver } from "../parts/dialog";
import { drafted } from "../composer/drafts";
import { counted } from "./badge";
import { ping } from "./ping";
import { draftMark, type Sidebar } from "./sidebar";

const pause = 120; // milliseconds without typing until people are asked for
const most = 12; // lines, beside the last
const remembered = 30; // rooms that were looked at
const recent = "campfire.recent";

/** Something that can be chosen. It leads to an address, or does something. */
export type Line = {
	label: string;
	kind: string; // shown after the label
	icon: () => SVGElement | HTMLElement;
	url?: string;
	act?: () => void | Promise<void>;
	keys?: string; // that do the same
	unread?: number;
	forReader?: number;
	draft?: boolean; // something is begun there
	seen?: number; // the greater, the later it was looked at
};

type RoomView = { id: number; name: string | null; kind: string; unread_count?: number; mention_count?: number; users?: { id: number; name: string; avatar_url: string }[] };

export class Switcher {
	private drafts = new Set<number>(); // rooms
	private dialog: HTMLDialogElement | null = null;
	private input!: HTMLInputElement;
	private list!: HTMLElement;
	private rooms: Line[] = [];
	private known = new Set<number>(); // people that have a direct among rooms
	private people = new Map<number, Line>();
	private lines: Line[] = [];
	private at = 0;
	private timer = 0;

	constructor(
		private sidebar: Sidebar,
		private go: (url: string) => void,
		private commands: () => Line[],
	) {
		document.addEventListener("click", (event) => {
			if (!(event.target as Element).closest("[data-switcher]")) return;
			event.preventDefault();
			this.open();
		});
	}

	/** Notes that a room is looked at. */
	visited(room: number): void {
		try {
			localStorage.setItem(recent, JSON.stringify([room, ...seen().filter((id) => id !== room)].slice(0, remembered)));
		} catch {
			// then they are in the sidebar's order
		}
	}

	open(): void {
		if (this.dialog) return;
		this.people.clear();
		this.drafts = drafted();
		this.list = el("ul", { id: "switcher-list", class: "switcher-list", role: "listbox", "aria-label": t("switcher.label") });
		this.input = el("input", {
			type: "text", role: "combobox", "aria-expanded": "true", "aria-controls": "switcher-list", "aria-autocomplete": "list", "aria-label": t("switcher.label"),
			placeholder: t("switcher.label"), autocomplete: "off", autocapitalize: "off", spellcheck: "false", enterkeyhint: "go", maxlength: "100", dir: "auto", autofocus: "",
		}) as HTMLInputElement;
		this.dialog = openOver(t("switcher.label"), "switcher", el("div", { class: "switcher-field" }, icon("search"), this.input), this.list);
		this.dialog.addEventListener("close", () => {
			window.clearTimeout(this.timer);
			this.dialog = null;
		});
		this.input.addEventListener("input", () => this.typed());
		this.input.addEventListener("keydown", (event) => this.key(event));
		this.list.addEventListener("click", (event) => {
			const option = (event.target as Element).closest<HTMLElement>("[role=option]");
			if (option) this.choose(Number(option.dataset.at), event.ctrlKey || event.metaKey);
		});
		this.list.addEventListener("pointermove", (event) => {
			const option = (event.target as Element).closest<HTMLElement>("[role=option]");
			if (option && Number(option.dataset.at) !== this.at) this.select(Number(option.dataset.at));
		});
		this.rooms = this.sidebar.rows().map((row) =>
			this.room({
				id: Number(row.dataset.room), name: row.querySelector(".name")?.textContent ?? "", kind: row.closest(".directs") ? "direct" : "",
				unread_count: Number(row.dataset.unread), mention_count: Number(row.dataset.mentions),
			}),
		);
		this.show();
		void this.ask();
	}

	/** Asks for the rooms that the sidebar does not show, too: invisible ones, open ones to join. */
	private async ask(): Promise<void> {
		try {
			const [mine, open, { users }] = await Promise.all([api("GET", "/rooms"), api("GET", "/rooms?scope=open"), api("GET", "/users")]);
			const all = new Map<number, RoomView>();
			for (const room of [...open.rooms, ...mine.rooms] as RoomView[]) all.set(room.id, room);
			this.known.clear();
			for (const { kind, users } of all.values()) if (kind === "direct" && users?.length === 1) this.known.add(users[0].id);
			this.rooms = [...all.values()].map((room) => this.room(room));
			this.meet(users); // of a small team all, found whichever way the name is written
			this.show();
		} catch {
			// those of the sidebar are there
		}
	}

	private room(room: RoomView): Line {
		const direct = room.kind === "direct";
		const order = seen();
		const row = this.sidebar.row(room.id);
		const picture = direct ? row?.querySelector("img")?.getAttribute("src") : null;
		const names = (room.users ?? []).map((u) => u.name);
		return {
			label: room.name || (names.length > 0 ? new Intl.ListFormat(locale).format(names) : (row?.querySelector(".name")?.textContent ?? "")),
			kind: direct ? t("switcher.ping") : t("switcher.room"),
			icon: () => (picture ? avatar(picture) : room.kind === "closed" || row?.querySelector('use[href$="#lock"]') ? icon("lock") : direct ? icon("message-circle") : icon("hash")),
			url: `${base}/rooms/${room.id}`,
			draft: this.drafts.has(room.id),
			unread: row?.dataset.involvement === "nothing" ? 0 : (room.unread_count ?? 0),
			forReader: direct ? room.unread_count : room.mention_count,
			seen: order.includes(room.id) ? order.length - order.indexOf(room.id) : 0,
		};
	}

	// — Typing —

	private typed(): void {
		this.at = 0;
		this.show();
		window.clearTimeout(this.timer);
		const query = this.input.value.trim();
		if (query !== "") this.timer = window.setTimeout(() => void this.askPeople(query), pause);
	}

	private async askPeople(query: string): Promise<void> {
		try {
			const { users } = await api("GET", `/users?query=${encodeURIComponent(query)}`);
			this.meet(users);
			this.show();
		} catch {
			// rooms and commands are there
		}
	}

	/** Takes people that a ping can be begun with; those with one are found as such. */
	private meet(users: { id: number; name: string; avatar_url: string }[]): void {
		for (const u of users) {
			if (String(u.id) === viewer || this.known.has(u.id)) continue;
			this.people.set(u.id, { label: u.name, kind: t("switcher.person"), icon: () => avatar(u.avatar_url), act: () => ping(u.id, this.go) });
		}
	}

	private key(event: KeyboardEvent): void {
		if (event.isComposing) return;
		const last = this.lines.length - 1;
		switch (event.key) {
			case "ArrowDown":
				this.select(this.at === last ? 0 : this.at + 1);
				break;
			case "ArrowUp":
				this.select(this.at === 0 ? last : this.at - 1);
				break;
			case "Home":
				this.select(0);
				break;
			case "End":
				this.select(last);
				break;
			case "Enter":
				this.choose(this.at, event.ctrlKey || event.metaKey);
				break;
			default:
				return;
		}
		event.preventDefault();
	}

	private choose(at: number, aside: boolean): void {
		const line = this.lines[at];
		if (line.url && aside) {
			window.open(line.url, "_blank", "noopener");
			return;
		}
		this.dialog?.close();
		if (line.url) this.go(line.url);
		else void line.act?.();
	}

	// — What is listed —

	private show(): void {
		if (!this.dialog) return;
		const query = this.input.value.trim();
		this.lines = query === "" ? this.waiting() : this.found(query);
		const search = `${base}/search${query === "" ? "" : "?q=" + encodeURIComponent(query)}`;
		this.lines.push({ label: query === "" ? t("switcher.search") : t("switcher.search.for", { query }), kind: "", icon: () => icon("search"), url: search });
		this.at = Math.min(this.at, this.lines.length - 1);
		this.list.replaceChildren(...this.lines.map((line, at) => this.option(line, at)));
		this.select(this.at);
	}

	/** Without a query: what is unread, then where the reader has been. */
	private waiting(): Line[] {
		const here = location.pathname;
		const others = this.rooms.filter((r) => r.url !== here);
		const unread = others.filter((r) => r.unread);
		const rest = others.filter((r) => !r.unread);
		return [...unread.sort(waits), ...rest.sort(waits)].slice(0, most - 4).concat(this.commands().slice(0, 4));
	}

	private found(query: string): Line[] {
		const all = [...this.rooms, ...this.people.values(), ...this.commands()];
		return all
			.map((line) => ({ line, fit: fit(query, line.label) }))
			.filter((found) => found.fit > 0)
			.sort((a, b) => b.fit - a.fit || waits(a.line, b.line))
			.slice(0, most)
			.map((found) => found.line);
	}

	private option(line: Line, at: number): HTMLElement {
		const option = el("li", { id: `switcher-${at}`, role: "option", class: "switcher-line", "data-at": String(at), "aria-selected": "false" }, line.icon(), el("bdi", { class: "name" }, line.label));
		if (line.draft) option.append(draftMark());
		if (line.unread) option.append(el("span", { class: line.forReader ? "count loud" : "count" }, counted(line.unread)));
		if (line.kind) option.append(el("span", { class: "kind" }, line.kind));
		if (line.keys) option.append(el("kbd", {}, line.keys));
		return option;
	}

	private select(at: number): void {
		this.list.children[this.at]?.setAttribute("aria-selected", "false");
		this.at = at;
		const option = this.list.children[at];
		option.setAttribute("aria-selected", "true");
		option.scrollIntoView({ block: "nearest" });
		this.input.setAttribute("aria-activedescendant", option.id);
	}
}

/** What waits for the reader first, then what was looked at last. */
function waits(a: Line, b: Line): number {
	return Number((b.forReader ?? 0) > 0) - Number((a.forReader ?? 0) > 0) || Number((b.unread ?? 0) > 0) - Number((a.unread ?? 0) > 0) || (b.seen ?? 0) - (a.seen ?? 0);
}

function avatar(src: string): HTMLElement {
	return el("img", { class: "avatar", src, alt: "", width: "20", height: "20" });
}

/** The rooms that were looked at, the last first. */
function seen(): number[] {
	try {
		return JSON.parse(localStorage.getItem(recent) ?? "[]");
	} catch {
		return [];
	}
}
