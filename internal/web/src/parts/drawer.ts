// The drawer that the sidebar is on narrow screens. It opens and closes without
// this; here it takes the focus, keeps it, and closes as one expects.

import { focusable } from "../base/focus";
import { cover } from "./back";

const swipe = 48; // pixels

export class Drawer {
	private box = document.getElementById("drawer") as HTMLInputElement;
	private sidebar = document.getElementById("sidebar")!;
	private narrow = matchMedia("(max-width: 899px)");
	private uncover: (() => void) | null = null; // while it is open

	constructor() {
		this.box.addEventListener("change", () => this.changed());
		this.box.addEventListener("keydown", (event) => {
			if (event.key !== "Enter") return;
			event.preventDefault();
			this.box.click();
		});
		document.addEventListener("keydown", (event) => {
			if (!this.open) return;
			if (event.key === "Escape") {
				event.preventDefault();
				this.close();
			} else if (event.key === "Tab") {
				this.turn(event);
			}
		});
		this.narrow.addEventListener("change", () => this.changed());
		this.sidebar.addEventListener("click", (event) => {
			if ((event.target as Element).closest("a, button")) this.close();
		});
		this.swipes();
		this.changed();
	}

	get open(): boolean {
		return this.box.checked && this.narrow.matches;
	}

	/** Closes it and gives the focus back to what opens it, unless something else is to have it. */
	close(focus = true): void {
		if (!this.box.checked) return;
		this.box.checked = false;
		this.changed();
		if (focus && this.narrow.matches) this.box.focus();
	}

	private changed(): void {
		this.box.hidden = !this.narrow.matches; // there it opens nothing
		document.getElementById("main")!.inert = this.open;
		if (!this.open) {
			this.uncover?.();
			this.uncover = null;
			return;
		}
		this.uncover ??= cover(() => this.close());
		this.enter(20);
	}

	/** Gives the drawer the focus, which it takes once it has begun to show. */
	private enter(tries: number): void {
		if (!this.open) return;
		focusable(this.sidebar)[0]?.focus();
		if (tries > 0 && !this.sidebar.contains(document.activeElement)) requestAnimationFrame(() => this.enter(tries - 1));
	}

	/** Keeps the focus among the links and what closes them. */
	private turn(event: KeyboardEvent): void {
		const all = [this.box, ...focusable(this.sidebar)];
		const at = all.indexOf(document.activeElement as HTMLInputElement);
		const next = event.shiftKey ? (at <= 0 ? all.length - 1 : at - 1) : at === all.length - 1 ? 0 : at + 1;
		event.preventDefault();
		all[next].focus();
	}

	private swipes(): void {
		let from: Touch | null = null;
		document.addEventListener("touchstart", (event) => (from = this.open ? event.touches[0] : null), { passive: true });
		document.addEventListener(
			"touchmove",
			(event) => {
				if (!from) return;
				const { clientX, clientY } = event.touches[0];
				const x = (clientX - from.clientX) * (document.documentElement.dir === "rtl" ? 1 : -1);
				if (x < swipe || Math.abs(clientY - from.clientY) > x) return;
				from = null;
				this.close();
			},
			{ passive: true },
		);
	}
}
