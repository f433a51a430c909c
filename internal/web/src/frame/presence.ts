// Who is there: dots on the directs with one other person, and in the head of
// the room those who are in it (#present, where the page has one).

import { api } from "../base/api";
import { el } from "../base/dom";
import { viewer } from "../base/page";
import { t, tn } from "../base/text";
import type { Live } from "../live/live";
import type { Room } from "../room/room";
import type { Sidebar } from "./sidebar";

type Status = "online" | "away" | "offline";
type Person = { id: number; name: string; avatar_url: string };

const faces = 4; // shown; the rest is a number
const largest = 200; // members whose names are asked for

export class Presence {
	private known = new Map<number, Status>();
	private members: Person[] = []; // of the room on screen
	private turn = 0;

	constructor(
		live: Live,
		private sidebar: Sidebar,
	) {
		live.on("presence", (f) => {
			for (const { id, status } of f.users as { id: number; status: Status }[]) this.known.set(id, status);
			this.show();
		});
		live.on("disconnected", () => {
			this.known.clear();
			this.show();
		});
		live.on("user_updated", ({ user }) => {
			const member = this.members.find((m) => m.id === user.id);
			if (!member) return;
			Object.assign(member, user);
			delete document.getElementById("present")?.dataset.there;
			this.show();
		});
		sidebar.onChange(() => this.dots());
	}

	/** Takes the room that has come on screen: its people are told of, those of the last one no longer. */
	here(room: Room | null): void {
		this.members = [];
		this.turn++;
		const directs = new Set(this.sidebar.rows().map((row) => Number(row.dataset.user)));
		for (const id of this.known.keys()) if (!directs.has(id)) this.known.delete(id);
		const box = document.getElementById("present");
		if (room && box && Number(box.dataset.members) <= largest) void this.ask(room.id, this.turn);
		this.show();
	}

	/** Takes it that a room has another number of members: who they are is asked again. */
	counted(room: Room, members: number): void {
		const box = document.getElementById("present");
		if (!box || Number(box.dataset.members) === members) return;
		box.dataset.members = String(members);
		if (members <= largest) void this.ask(room.id, ++this.turn);
	}

	private async ask(room: number, turn: number): Promise<void> {
		try {
			const { members } = await api("GET", `/rooms/${room}/members`);
			if (turn !== this.turn) return;
			this.members = members.map((m: { user: Person }) => m.user);
			this.show();
		} catch {
			// the room is whole without
		}
	}

	private show(): void {
		this.dots();
		const box = document.getElementById("present");
		if (!box) return;
		const there = this.members.filter((m) => String(m.id) !== viewer && ["online", "away"].includes(this.known.get(m.id) ?? ""));
		box.hidden = there.length === 0;
		if (box.dataset.there === there.map((m) => m.id).join()) return;
		box.dataset.there = there.map((m) => m.id).join();
		box.title = there.map((m) => m.name).join(", ");
		const pictures = there.slice(0, faces).map((m) => el("img", { class: "avatar", src: m.avatar_url, alt: "", width: "24", height: "24" }));
		box.replaceChildren(...pictures, el("span", { class: "off-screen" }, tn("present", there.length)), el("span", { "aria-hidden": "true" }, there.length > faces ? `+${there.length - faces}` : ""));
	}

	private dots(): void {
		const portrait = document.querySelector<HTMLElement>("[data-person]");
		if (portrait) {
			const status = this.known.get(Number(portrait.dataset.person));
			if (status === "online" || status === "away") portrait.dataset.liveStatus = status;
			else delete portrait.dataset.liveStatus;
			portrait.querySelector("span")!.textContent = status === "online" ? t("status.online") : status === "away" ? t("status.away") : "";
		}
		for (const row of this.sidebar.rows()) {
			const user = Number(row.dataset.user);
			if (!user) continue;
			const status = this.known.get(user) ?? "offline";
			if (row.dataset.liveStatus === status) continue;
			row.dataset.liveStatus = status;
			if (status === "offline") row.removeAttribute("aria-description");
			else row.setAttribute("aria-description", status === "online" ? t("status.online") : t("status.away"));
		}
	}
}
