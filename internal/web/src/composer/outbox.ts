// What was written and is not yet on the page as the server has it. Each
// message has an id of its own, so that sending it again can't post it twice.
// It is kept in the browser, a key for each, so that it outlives a reload and
// the windows of one person see the same and don't overwrite each other.

import { viewer } from "../base/page";

export type Waiting = {
	id: string;
	room: number;
	body: string;
	replyTo: number;
	previews?: boolean; // of its links; they come, unless it says that they are not to
	at: number; // when it was written, milliseconds: the order
	failed?: string; // why it is not sent again by itself
	sent?: number; // the number that the server gave it
	uploads?: number[]; // its files, whole on the server
	files?: { name: string; size: number }[]; // the same, as they were here
};

const prefix = `campfire.outbox.${viewer}.`;

/** Keeps a message for whichever page sends it. */
export function keep(w: Waiting): void {
	try {
		localStorage.setItem(prefix + w.id, JSON.stringify(w));
	} catch {
		// a full or forbidden store: it is kept for as long as the page is open
	}
}

/** Keeps a message no longer. */
export function forget(id: string): void {
	try {
		localStorage.removeItem(prefix + id);
	} catch {
		// it was not kept
	}
}

export class Outbox {
	private list = new Map<string, Waiting>();

	/** changed is called when another window has changed something. */
	constructor(
		private room: number,
		signal: AbortSignal,
		changed: () => void,
	) {
		this.read();
		window.addEventListener(
			"storage",
			(event) => {
				if (event.key !== null && !event.key.startsWith(prefix)) return;
				this.read();
				changed();
			},
			{ signal },
		);
	}

	/** What waits for this room, oldest first. */
	waiting(): Waiting[] {
		return [...this.list.values()].sort((a, b) => a.at - b.at || (a.id < b.id ? -1 : 1));
	}

	find(id: string): Waiting | undefined {
		return this.list.get(id);
	}

	/** Keeps a message as it is now. */
	keep(w: Waiting): void {
		this.list.set(w.id, w);
		keep(w);
	}

	remove(id: string): void {
		this.list.delete(id);
		forget(id);
	}

	private read(): void {
		try {
			const list = new Map<string, Waiting>();
			for (const key of Object.keys(localStorage)) {
				if (!key.startsWith(prefix)) continue;
				const w: Waiting = JSON.parse(localStorage.getItem(key) ?? "null");
				if (w?.room === this.room) list.set(w.id, w);
			}
			this.list = list;
		} catch {
			// no store: what is known stays
		}
	}
}

/** An id that no other message has. */
export function newID(): string {
	const bytes = crypto.getRandomValues(new Uint8Array(12));
	return Array.from(bytes, (b) => b.toString(16).padStart(2, "0")).join("");
}
