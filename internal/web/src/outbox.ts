// What was written and is not yet acknowledged. Each message has an id of its
// own, so that sending it again can't post it twice; it is kept across
// reloads until the server has it.

export type Waiting = { id: string; room: string; body: string; replyTo: number; failed?: string };

const key = "campfire.outbox";

export class Outbox {
	private list: Waiting[] = [];

	constructor(private room: string) {
		try {
			this.list = JSON.parse(localStorage.getItem(key) ?? "[]");
		} catch {
			this.list = [];
		}
	}

	/** What waits for this room, oldest first. */
	waiting(): Waiting[] {
		return this.list.filter((w) => w.room === this.room);
	}

	find(id: string): Waiting | undefined {
		return this.list.find((w) => w.id === id);
	}

	add(w: Waiting): void {
		this.list.push(w);
		this.save();
	}

	remove(id: string): void {
		this.list = this.list.filter((w) => w.id !== id);
		this.save();
	}

	private save(): void {
		try {
			localStorage.setItem(key, JSON.stringify(this.list.slice(-100)));
		} catch {
			// a full or forbidden store: it is kept for as long as the page is open
		}
	}
}

/** An id that no other message has. */
export function newID(): string {
	const bytes = crypto.getRandomValues(new Uint8Array(12));
	return Array.from(bytes, (b) => b.toString(16).padStart(2, "0")).join("");
}
