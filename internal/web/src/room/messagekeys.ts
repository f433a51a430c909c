// Going through the messages by keys: one of them can be reached by the tab
// key, the arrows move from it to others, and single letters act on it.

import { viewer } from "../base/page";
import { within } from "../timeline/reader";
import { idOf } from "../timeline/stretch";
import type { Room } from "./room";

export class MessageKeys {
	private current: HTMLElement | null = null;
	private log: HTMLElement;

	constructor(
		private room: Room,
		signal: AbortSignal,
	) {
		this.log = room.log.element;
		this.log.addEventListener("keydown", (event) => this.pressed(event), { signal });
		this.log.addEventListener("focusin", (event) => this.enter((event.target as Element).closest<HTMLElement>("article[data-id]")), { signal });
	}

	/** Makes a message the one that the tab key stops at. */
	private enter(m: HTMLElement | null): void {
		if (!m || m === this.current) return;
		if (this.current) {
			this.current.tabIndex = -1;
			within(this.current, false);
		}
		this.current = m;
		m.tabIndex = 0;
		within(m, true);
	}

	private pressed(event: KeyboardEvent): void {
		if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
		const target = event.target as HTMLElement;
		const m = target.matches("article[data-id]") ? target : null;
		if (!m && target !== this.log) return; // in a link, an editor, a menu
		if (this.move(event.key, m) || (m && this.act(event.key, m))) event.preventDefault();
	}

	private move(key: string, m: HTMLElement | null): boolean {
		const { log } = this.room;
		const here = m ?? (this.current?.isConnected ? this.current : null);
		let next: HTMLElement | undefined;
		switch (key) {
			case "ArrowUp":
				next = m ? log.stretch.neighbour(m, -1) : (here ?? log.lastOnScreen());
				break;
			case "ArrowDown":
				next = m ? log.stretch.neighbour(m, 1) : (here ?? log.firstOnScreen());
				break;
			case "Home":
				next = log.stretch.at(0);
				break;
			case "End":
				void log.toNewest().then(() => log.stretch.at(-1)?.focus({ preventScroll: true }));
				return true;
			default:
				return false;
		}
		if (!next) return m !== null && key === "ArrowDown";
		next.focus({ preventScroll: true });
		next.scrollIntoView({ block: "nearest" });
		return true;
	}

	private act(key: string, m: HTMLElement): boolean {
		const { actions, composer, log } = this.room;
		const own = m.dataset.creator === viewer;
		switch (key) {
			case "Enter":
			case "b":
				m.querySelector<HTMLElement>(".options")?.click();
				return true;
			case "r":
				composer?.reply(log.message(idOf(m)));
				return composer !== null;
			case "e":
				if (own) actions.edit(m);
				return own;
			case "Escape":
				composer?.focus();
				return composer !== null;
		}
		return false;
	}
}
