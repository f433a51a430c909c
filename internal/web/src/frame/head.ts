// The head of the room on screen, kept right while others rename the room,
// open or close it, come and go.

import { api } from "../base/api";
import { icon } from "../base/icon";
import { tn } from "../base/text";
import type { Live } from "../live/live";
import type { Room } from "../room/room";
import { renameTitle } from "./badge";

type Told = { id: number; name: string | null; kind: string; member_count: number };

const within = 2000; // milliseconds in which all pages ask, when everyone is told at once

export class Head {
	private room: Room | null = null;
	private timer = 0;

	/** Calls counted with the number of people in the room on screen when that has changed. */
	constructor(
		live: Live,
		private counted: (room: Room, members: number) => void,
	) {
		live.on("room_updated", (f) => this.show(f.room));
		// Who has just joined is in every open room: of that no frame of the room tells.
		live.on("user_updated", () => this.soon(Math.random() * within));
		document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && this.timer && this.soon(0));
	}

	/** Takes the room that has come on screen. */
	here(room: Room | null): void {
		this.room = room;
		window.clearTimeout(this.timer);
		this.timer = 0;
	}

	private soon(wait: number): void {
		if (!this.room) return;
		window.clearTimeout(this.timer);
		this.timer = window.setTimeout(() => {
			if (document.visibilityState === "visible") void this.ask();
		}, wait);
	}

	private async ask(): Promise<void> {
		this.timer = 0;
		try {
			this.show((await api("GET", `/rooms/${this.room!.id}`)).room);
		} catch {
			// it stays as it was until the next page
		}
	}

	private show(told: Told): void {
		const { room } = this;
		if (told.id !== room?.id) return;
		const heading = document.querySelector<HTMLElement>(".room-head h1");
		const name = heading?.querySelector("bdi");
		if (heading && name && told.name !== null) {
			if (name.textContent !== told.name) {
				renameTitle(name.textContent ?? "", told.name);
				name.textContent = told.name;
			}
			heading.querySelector(".icon")?.replaceWith(icon(told.kind === "closed" ? "lock" : "hash"));
		}
		const members = document.querySelector<HTMLElement>(".room-head .members");
		members?.lastChild?.replaceWith(" " + tn("members", told.member_count));
		this.counted(room, told.member_count);
	}
}
