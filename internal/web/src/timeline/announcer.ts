// Says what is new to those who hear the page. The log itself is silent, since
// it also changes when history is loaded, a message is edited or the oldest
// ones leave.

import { el } from "../base/dom";
import { t, tn } from "../base/text";

const most = 3; // messages that are said one by one
const longest = 300; // characters of one
const kept = 10; // lines

export class Announcer {
	private region = el("div", { class: "announcer off-screen", "aria-live": "polite" });
	private messages: string[] = [];

	constructor() {
		document.body.append(this.region);
	}

	/** Takes a message that has just come. */
	heard(author: string, text: string): void {
		const short = text.trim().replace(/\s+/g, " ");
		this.messages.push(t("heard", { name: author, text: short.length > longest ? short.slice(0, longest) + "…" : short }));
	}

	/** Says what has come since it last did; a crowd of messages only by its number. */
	say(): void {
		const { messages } = this;
		this.messages = [];
		if (messages.length === 0 || document.visibilityState !== "visible") return;
		const lines = messages.length > most ? [tn("below", messages.length)] : messages;
		this.region.append(...lines.map((line) => el("p", { dir: "auto" }, line)));
		while (this.region.childElementCount > kept) this.region.firstElementChild!.remove();
	}

	end(): void {
		this.region.remove();
	}
}
