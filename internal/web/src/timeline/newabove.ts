// What is new and above: whoever comes to a room's end with more unread than
// the window holds is told how much, and led to where it begins.

import { el } from "../base/dom";
import { keepFocus } from "../base/focus";
import { icon } from "../base/icon";
import { t, tn } from "../base/text";

export class NewAbove {
	private label = el("span");
	private button = el("button", { type: "button", class: "button" }, icon("arrow-up"), this.label);
	private box = el("div", { class: "new-above", hidden: "" }, this.button);
	private watcher: IntersectionObserver;
	private divider: Element | null = null;
	private known: Element | null = null; // the first new message, once the reader was there

	/** Calls go with the divider that the reader wants to see. */
	constructor(
		private log: HTMLElement,
		signal: AbortSignal,
		go: (divider: Element) => void,
	) {
		log.before(this.box);
		this.watcher = new IntersectionObserver((entries) => this.seen(entries.at(-1)!), { root: log });
		this.button.addEventListener("click", () => {
			const { divider } = this;
			this.show(false);
			this.know();
			if (divider) go(divider);
		});
		signal.addEventListener("abort", () => this.watcher.disconnect());
	}

	/** Takes the divider where it stands now, and how much is behind it: more, if what is in the page is not all. */
	stands(divider: Element, n: number, more: boolean): void {
		this.watcher.disconnect();
		this.divider = divider;
		if (divider.nextElementSibling === this.known) return;
		this.label.textContent = more ? t("above.more", { n: String(n) }) : tn("above", n);
		this.watcher.observe(divider);
	}

	/** There is no divider any more. */
	gone(): void {
		this.watcher.disconnect();
		this.divider = null;
		this.show(false);
	}

	private seen(entry: IntersectionObserverEntry): void {
		if (entry.target !== this.divider) return;
		const above = !entry.isIntersecting && entry.boundingClientRect.top < entry.rootBounds!.top;
		this.show(above);
		// Once it was on screen it is known, and what scrolls it away is the reader.
		if (!above) this.know();
	}

	private know(): void {
		this.watcher.disconnect();
		this.known = this.divider?.nextElementSibling ?? null;
	}

	private show(on: boolean): void {
		keepFocus(() => (this.box.hidden = !on), () => this.log);
	}
}
