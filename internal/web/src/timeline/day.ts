// The day that is being read, named above the messages while the reader scrolls
// and a moment longer: at rest nothing lies on what is read. The separators
// stand in the list, each at its place; which of them the list's top is past,
// the browser tells, so that scrolling asks the page nothing.

import { el } from "../base/dom";

const linger = 1000; // milliseconds after the last scrolling
const begun = 500; // milliseconds from what a hand does to the scrolling that it is

export class DayAbove {
	private name = el("span");
	private box = el("div", { class: "day-above", "aria-hidden": "true" }, this.name);
	private times = new Map<Element, number>(); // of the days that the separators begin
	private past = new Set<Element>();
	private watcher: IntersectionObserver;
	private touched = -Infinity;
	private last = 0; // scrolling
	private timer = 0;

	constructor(log: HTMLElement, signal: AbortSignal) {
		log.before(this.box);
		// All below the top counts as inside: crossing it is what is told.
		this.watcher = new IntersectionObserver((entries) => this.crossed(entries), { root: log, rootMargin: "0px 0px 1000000px 0px", threshold: [0, 1] });
		for (const type of ["wheel", "touchmove", "pointerdown", "keydown"]) log.addEventListener(type, () => (this.touched = performance.now()), { passive: true, signal });
		signal.addEventListener("abort", () => {
			this.watcher.disconnect();
			window.clearTimeout(this.timer);
		});
	}

	/** Takes a separator and the time of the message that it stands before. */
	watch(separator: Element, at: number): void {
		this.times.set(separator, at);
		this.watcher.observe(separator);
	}

	/** Lets go of one. */
	forget(separator: Element): void {
		this.watcher.unobserve(separator);
		this.times.delete(separator);
		if (this.past.delete(separator)) this.call();
	}

	/** The list has scrolled; it counts when the reader did it. */
	scrolled(): void {
		const now = performance.now();
		if (!this.timer && now - this.touched > begun) return;
		this.last = now;
		if (this.timer) return;
		this.call();
		this.box.classList.add("shown");
		this.timer = window.setTimeout(() => this.rest(), linger);
	}

	private rest(): void {
		const left = this.last + linger - performance.now();
		this.timer = left > 0 ? window.setTimeout(() => this.rest(), left) : 0;
		if (!this.timer) this.box.classList.remove("shown");
	}

	private crossed(entries: IntersectionObserverEntry[]): void {
		for (const e of entries) {
			if (this.times.has(e.target) && e.intersectionRatio < 1 && e.boundingClientRect.top < e.rootBounds!.top) this.past.add(e.target);
			else this.past.delete(e.target);
		}
		this.call();
	}

	/** Says the day of the first message on screen; before the first separator, none. */
	private call(): void {
		let day: Element | null = null;
		for (const separator of this.past) if (!day || this.times.get(separator)! > this.times.get(day)!) day = separator;
		this.box.hidden = day === null;
		if (day && this.name.textContent !== day.textContent) this.name.textContent = day.textContent;
	}
}
