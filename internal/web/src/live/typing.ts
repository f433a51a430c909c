// Who is typing: says it of the reader, shows it of the others.

import { viewer } from "../base/page";
import { t, tn } from "../base/text";
import type { Live } from "./live";

const throttle = 1000; // milliseconds between two sayings
const lasting = 5000; // milliseconds that one is believed

export class Typing {
	private typists = new Map<number, { name: string; until: number }>();
	private said = 0;

	constructor(
		private room: number,
		private live: Live,
		signal: AbortSignal,
	) {
		live.on(
			"typing",
			(f) => {
				if (f.room_id !== room || String(f.user.id) === viewer) return;
				if (f.active) this.typists.set(f.user.id, { name: f.user.name, until: Date.now() + lasting });
				else this.typists.delete(f.user.id);
				this.show();
			},
			signal,
		);
		const timer = window.setInterval(() => this.show(), 1000);
		signal.addEventListener("abort", () => window.clearInterval(timer));
	}

	/** Says that the reader types, or has stopped. */
	say(active: boolean): void {
		const now = Date.now();
		if (active ? now - this.said < throttle : this.said === 0) return;
		this.said = active ? now : 0;
		this.live.send({ type: "typing", room_id: this.room, active });
	}

	/** Whoever has posted types no more. */
	posted(user: number): void {
		if (this.typists.delete(user)) this.show();
	}

	private show(): void {
		const now = Date.now();
		for (const [id, who] of this.typists) if (who.until < now) this.typists.delete(id);
		const names = [...this.typists.values()].map((w) => w.name).sort();
		const line = names.length === 0 ? "" : names.length === 1 ? t("typing.one", { a: names[0] }) : names.length === 2 ? t("typing.two", { a: names[0], b: names[1] }) : tn("typing.more", names.length);
		const typing = document.getElementById("typing")!;
		if (typing.textContent !== line) typing.textContent = line;
	}
}
