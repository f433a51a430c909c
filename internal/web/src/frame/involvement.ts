// How much a room tells of itself: the bell in its head, which without this
// goes from one level to the next.

import { api, explain } from "../base/api";
import { el } from "../base/dom";
import { icon } from "../base/icon";
import { t } from "../base/text";
import type { Live } from "../live/live";
import { toast } from "../parts/toast";
import type { Push } from "../device/push";
import type { Room } from "../room/room";
import type { Sidebar } from "./sidebar";

export type Level = "everything" | "mentions" | "nothing" | "invisible";

/** What the levels are called and how they look. */
export const levels: Record<Level, { label: () => string; icon: () => SVGElement }> = {
	everything: { label: () => t("involvement.everything"), icon: () => icon("bell-ring") },
	mentions: { label: () => t("involvement.mentions"), icon: () => icon("bell") },
	nothing: { label: () => t("involvement.nothing"), icon: () => icon("bell-off") },
	invisible: { label: () => t("involvement.invisible"), icon: () => icon("eye-off") },
};

export class Involvement {
	private form: HTMLFormElement | null = null;
	private menu: HTMLElement | null = null;
	private room: Room | null = null;

	constructor(
		private live: Live,
		private sidebar: Sidebar,
		private push: Push,
	) {
		live.on("involvement", (f) => this.learn(f.room_id!, f.involvement));
		let first = true;
		live.on("welcome", () => {
			if (!first) void this.ask();
			first = false;
		});
		push.onChange(() => this.show());
		document.addEventListener("submit", (event) => {
			if (event.target !== this.form) return;
			event.preventDefault();
			if (this.menu) this.close(true);
			else this.open();
		});
		document.addEventListener("click", (event) => {
			if (this.menu && !this.form!.contains(event.target as Node)) this.close(false);
		});
	}

	/** Takes the bell of the room that has come on screen. */
	here(main: HTMLElement, room: Room | null): void {
		this.menu = null;
		this.room = room;
		this.form = room && main.querySelector<HTMLFormElement>('form[action$="/involvement"]');
		this.show();
	}

	/** The levels that the room on screen can have; none when there is no room. */
	choices(): Level[] {
		if (!this.room || !this.form) return [];
		return this.sidebar.row(this.room.id)?.closest(".directs") ? ["everything", "nothing"] : ["everything", "mentions", "nothing", "invisible"];
	}

	get level(): Level {
		return (this.form?.dataset.involvement as Level) ?? "mentions";
	}

	/** Sets the level of the room on screen and says so. */
	async set(level: Level): Promise<void> {
		const { room, form } = this;
		if (!room || !form) return;
		try {
			await api("PUT", `/rooms/${room.id}/involvement`, { involvement: level });
		} catch (error) {
			toast(explain(error), { error: true });
			return;
		}
		this.learn(room.id, level);
		toast(levels[level].label());
		if (!this.live.open) void this.sidebar.refresh(true); // else it is told of it
	}

	/** Takes the level that a room has by now, here or on another device. */
	private learn(room: number, level: Level): void {
		if (room !== this.room?.id || !this.form || level === this.level) return;
		if (this.menu) this.close(this.menu.contains(document.activeElement)); // it shows another
		this.form.dataset.involvement = level;
		this.show();
	}

	/** Asks for the level: without a connection one hears of none. */
	private async ask(): Promise<void> {
		const { room } = this;
		if (!room || !this.form) return;
		try {
			this.learn(room.id, (await api("GET", `/rooms/${room.id}`)).room.involvement);
		} catch {
			// the next connection asks again
		}
	}

	private show(): void {
		const button = this.form?.querySelector<HTMLElement>("button");
		if (!button) return;
		const { label, icon } = levels[this.level];
		button.title = label();
		button.setAttribute("aria-haspopup", "menu");
		button.setAttribute("aria-expanded", "false");
		button.replaceChildren(icon());
		// It moves until it was pressed once.
		button.classList.toggle("asks", this.push.state === "off" && !this.push.tried);
	}

	private open(): void {
		const menu = el("div", { class: "menu-box levels", role: "menu", "aria-label": t("involvement.menu") });
		if (this.push.state !== "on") {
			const enable = el("button", { type: "button", class: "item enable", role: "menuitem", tabindex: "-1" }, icon("smartphone"), el("span", {}, t("push.enable")));
			enable.addEventListener("click", () => {
				this.close(true);
				void this.push.enable().finally(() => this.show());
			});
			menu.append(enable);
		}
		for (const level of this.choices()) {
			const item = el("button", { type: "button", class: "item", role: "menuitemradio", "aria-checked": String(level === this.level), tabindex: "-1" }, levels[level].icon(), el("span", {}, levels[level].label()), icon("check"));
			item.addEventListener("click", () => {
				this.close(true);
				if (level !== this.level) void this.set(level);
			});
			menu.append(item);
		}
		const items = [...menu.children] as HTMLElement[];
		menu.addEventListener("keydown", (event) => {
			const at = items.indexOf(document.activeElement as HTMLElement);
			const to = { ArrowDown: at + 1, ArrowUp: at - 1 + items.length, Home: 0, End: items.length - 1 }[event.key];
			if (to !== undefined) items[to % items.length].focus();
			else if (event.key === "Escape") this.close(true);
			else if (event.key === "Tab") this.close(false);
			else return;
			if (event.key !== "Tab") event.preventDefault();
			event.stopPropagation();
		});
		this.menu = menu;
		this.form!.append(menu);
		this.form!.querySelector("button")!.setAttribute("aria-expanded", "true");
		(items.find((i) => i.getAttribute("aria-checked") === "true") ?? items[0])?.focus();
	}

	private close(focus: boolean): void {
		this.menu?.remove();
		this.menu = null;
		const button = this.form?.querySelector<HTMLElement>(":scope > button");
		button?.setAttribute("aria-expanded", "false");
		if (focus) button?.focus();
	}
}
