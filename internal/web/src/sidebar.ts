// The list of rooms and its marks.

import { el } from "./dom";
import { setBadge } from "./install";
import { base } from "./page";
import type { Live } from "./live";

export class Sidebar {
	private title = document.title;

	constructor(live: Live) {
		let first = true;
		live.on("welcome", () => {
			if (!first) void this.refresh();
			first = false;
		});
		live.on("unread", (f) => this.mark(f.room_id!, (n) => n + 1, f.mention === true));
		live.on("read", (f) => this.mark(f.room_id!, () => f.unread_count, f.mention_count > 0, f.unread_count === 0));
		for (const type of ["room_added", "room_updated", "room_removed"]) live.on(type, () => void this.refresh());
		this.retitle();
	}

	private mark(room: number, count: (n: number) => number, mention: boolean, clear = false): void {
		const link = document.querySelector<HTMLElement>(`.room[data-room="${room}"]`);
		if (!link) {
			void this.refresh();
			return;
		}
		const badge = link.querySelector(".badge")!;
		const n = count(Number(badge.textContent) || 0);
		link.classList.toggle("unread", n > 0);
		if (clear) link.classList.remove("mentioned");
		if (n > 0 && (mention || link.closest(".directs"))) link.classList.add("mentioned");
		badge.replaceChildren(...(n > 0 ? [el("span", { class: "count" }, String(n))] : []));
		this.retitle();
	}

	/** The number of rooms with something for the reader, before the title and on the icons. */
	private retitle(): void {
		const n = document.querySelectorAll(".room.unread").length;
		document.title = n > 0 ? `(${n}) ${this.title}` : this.title;
		setBadge(n);
	}

	async refresh(): Promise<void> {
		const room = document.getElementById("messages")?.dataset.room ?? "";
		try {
			const response = await fetch(`${base}/sidebar?room=${room}`);
			if (!response.ok || response.redirected) return;
			document.getElementById("sidebar")!.innerHTML = await response.text();
			this.retitle();
		} catch {
			// the next reconnect asks again
		}
	}
}
