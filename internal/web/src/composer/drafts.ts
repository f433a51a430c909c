// What is begun in rooms and not sent: the words, what they answer and whether
// their links are to show nothing. It is kept in this browser alone, across
// reloads and crashes; people who share a browser don't share drafts.

import { viewer } from "../base/page";

/** What a draft is besides its words. */
export type About = {
	replyTo?: number;
	author?: string; // of what is answered
	said?: string; // by it, the beginning
	previews?: false;
};

const prefix = `campfire.draft.${viewer}.`;
const changed = "campfire:drafts"; // an event of this window

export class Draft {
	readonly key: string;

	constructor(room: number) {
		this.key = prefix + room;
	}

	get text(): string {
		return read(this.key);
	}

	get about(): About {
		try {
			return JSON.parse(read(this.key + ".about") || "{}");
		} catch {
			return {};
		}
	}

	/** Keeps what is written; nothing of it when there are no words. */
	keep(text: string, about: About): void {
		const before = this.text;
		write(this.key, text);
		write(this.key + ".about", text && Object.keys(about).length > 0 ? JSON.stringify(about) : "");
		if ((before === "") !== (text === "")) window.dispatchEvent(new Event(changed));
	}
}

/** The rooms in which something is begun. */
export function drafted(): Set<number> {
	const rooms = new Set<number>();
	try {
		for (const key of Object.keys(localStorage)) {
			const room = key.startsWith(prefix) ? Number(key.slice(prefix.length)) : NaN;
			if (room && read(key).trim() !== "") rooms.add(room);
		}
	} catch {
		// no store: nothing is known
	}
	return rooms;
}

/** Calls f when a draft has come or gone, in whichever window. */
export function onDrafts(f: () => void): void {
	window.addEventListener(changed, f);
	window.addEventListener("storage", (event) => (event.key === null || event.key.startsWith(prefix)) && f());
}

function read(key: string): string {
	try {
		return localStorage.getItem(key) ?? "";
	} catch {
		return "";
	}
}

function write(key: string, value: string): void {
	try {
		if (value) localStorage.setItem(key, value);
		else localStorage.removeItem(key);
	} catch {
		// no room for drafts: it is kept for as long as the page is open
	}
}
