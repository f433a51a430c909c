// What can be done to a message: boost, reply, edit, delete, copy. A small bar
// comes to the message under the pointer or with the focus; a long press opens
// the same as a sheet.

import { api, explain } from "../base/api";
import { el } from "../base/dom";
import { icon } from "../base/icon";
import { administrator, base, viewer } from "../base/page";
import { t } from "../base/text";
import { copy } from "../parts/copy";
import { ask } from "../parts/dialog";
import { menu, menuItem } from "../parts/menu";
import { openPicker } from "../parts/picker";
import { openPopup, type Close } from "../parts/popup";
import { toast } from "../parts/toast";
import { fileItems } from "../timeline/attached";
import { boostForm, quickBoosts } from "../timeline/boosts";
import { edit } from "./editor";
import type { Room } from "./room";
import { why } from "./why";

const longPress = 450; // milliseconds
const still = 10; // pixels that a finger may move meanwhile

export class Actions {
	private bar: HTMLElement;
	private close: Close = () => {};
	private acting: HTMLElement | null = null; // the message whose menu is open

	constructor(
		private room: Room,
		signal: AbortSignal,
	) {
		const log = room.log.element;
		this.bar = this.makeBar();
		log.addEventListener(
			"click",
			(event) => {
				const target = event.target as Element;
				const message = target.closest<HTMLElement>("article.message");
				if (!message) return;
				if (target.closest(".options")) {
					event.preventDefault();
					this.menu(message, event.detail > 0);
				}
				const pill = target.closest<HTMLElement>(".pill");
				if (pill) void this.toggle(message, pill);
			},
			{ signal },
		);
		log.addEventListener(
			"keydown",
			(event) => {
				// A link is pressed as the key goes down; what else the key does would meet the menu.
				const options = (event.target as Element).closest(".options");
				if (!options || !["Enter", " ", "ArrowDown"].includes(event.key) || event.ctrlKey || event.metaKey) return;
				event.preventDefault();
				if (!event.repeat) this.menu(options.closest<HTMLElement>("article.message")!, false);
			},
			{ signal },
		);
		log.addEventListener("pointerover", (event) => event.pointerType === "mouse" && this.come(event.target as Element), { signal });
		log.addEventListener("focusin", (event) => this.come(event.target as Element), { signal });
		this.hearLongPress(log, signal);
		signal.addEventListener("abort", () => this.close());
	}

	/** Opens the editor of a message. */
	edit(message: HTMLElement): void {
		void this.attempt(() => edit(message, this.room, (before) => void this.delete(message, before)));
	}

	/** Brings the bar to the message that an element is in. */
	private come(target: Element): void {
		const options = target.closest("article.message:not(.editing)")?.querySelector(".options");
		if (!options || this.acting || options.previousElementSibling === this.bar || this.bar.contains(document.activeElement)) return;
		options.before(this.bar);
	}

	private makeBar(): HTMLElement {
		const boost = el("button", { type: "button", class: "bar-button", title: t("boost"), "aria-haspopup": "dialog" }, icon("smile-plus"));
		boost.addEventListener("click", () => this.boostBox(this.host()!));
		const reply = el("button", { type: "button", class: "bar-button", title: t("reply") }, icon("corner-up-left"));
		reply.addEventListener("click", () => this.room.composer?.reply(this.host()));
		return el("div", { class: "bar" }, boost, ...(document.getElementById("composer") ? [reply] : []));
	}

	/** The message that the bar is at. */
	private host(): HTMLElement | null {
		return this.bar.closest("article.message");
	}

	private hearLongPress(log: HTMLElement, signal: AbortSignal): void {
		let timer = 0; // of the finger that is down
		let at = { x: 0, y: 0 };
		let opened = false; // by the finger that is still to be lifted
		const stop = () => {
			window.clearTimeout(timer);
			timer = 0;
		};
		document.addEventListener(
			"pointerdown",
			(event) => {
				stop();
				opened = false;
				const target = event.target as Element;
				const message = target.closest<HTMLElement>("article.message:not(.pending, .editing)");
				if (event.pointerType !== "touch" || !event.isPrimary || !message || !log.contains(message) || target.closest("a:not(.time), button, input, textarea")) return;
				at = { x: event.clientX, y: event.clientY };
				timer = window.setTimeout(() => {
					stop();
					opened = true;
					getSelection()?.removeAllRanges();
					this.menu(message, true);
				}, longPress);
			},
			{ capture: true, signal },
		);
		log.addEventListener("pointermove", (event) => Math.hypot(event.clientX - at.x, event.clientY - at.y) > still && stop(), { signal });
		for (const type of ["pointerup", "pointercancel"]) log.addEventListener(type, stop, { signal });
		log.addEventListener("scroll", stop, { signal, passive: true });
		log.addEventListener("contextmenu", (event) => (timer || opened) && event.preventDefault(), { signal });
		// What the browser makes of the lifted finger would take the focus off the menu.
		document.addEventListener("mousedown", (event) => opened && event.preventDefault(), { capture: true, signal });
		document.addEventListener(
			"click",
			(event) => {
				if (!opened) return;
				opened = false;
				event.preventDefault();
				event.stopPropagation();
			},
			{ capture: true, signal },
		);
	}

	/** What a popup beside a message's control is told; the message is marked meanwhile. */
	private beside(message: HTMLElement, at: Element): { at: Element; home: () => HTMLElement | null; closed: () => void } {
		this.close();
		this.acting = message;
		message.classList.add("acting");
		at.setAttribute("aria-expanded", "true");
		const { id } = message;
		return {
			at,
			// The message may have been replaced meanwhile.
			home: () => (at.isConnected ? (at as HTMLElement) : (document.getElementById(id)?.querySelector<HTMLElement>(".options") ?? null)),
			closed: () => {
				this.acting = null;
				message.classList.remove("acting");
				at.removeAttribute("aria-expanded");
			},
		};
	}

	private menu(message: HTMLElement, pointed: boolean): void {
		const options = message.querySelector<HTMLElement>(".options");
		if (!options) return;
		if (this.acting === message && options.hasAttribute("aria-expanded")) {
			this.close(true);
			return;
		}
		const mine = message.dataset.creator === viewer;
		const item = (label: string, image: SVGElement, act: () => void, danger = false) =>
			menuItem({
				label,
				icon: image,
				danger,
				act: () => {
					this.close(true);
					act();
				},
			});
		const quick = quickBoosts(t("boostmore"), "menuitem", {
			choose: (content) => {
				this.close(true);
				void this.boost(message, content);
			},
			more: () => this.pickBoost(message),
		});
		const items = [quick];
		if (this.room.composer) items.push(item(t("reply"), icon("corner-up-left"), () => this.room.composer!.reply(message)));
		items.push(item(t("copy"), icon("link"), () => void copy(new URL(`${base}/rooms/${this.room.id}/@${message.dataset.id}`, location.href).href)));
		items.push(item(t("copytext"), icon("copy"), () => void copy(message.querySelector<HTMLElement>(".body")!.innerText.trim())));
		items.push(...fileItems(message, () => this.close(true)));
		items.push(item(t("unread"), icon("mail"), () => void this.attempt(() => api("PUT", `/rooms/${this.room.id}/read`, { unread_from: Number(message.dataset.id) }))));
		if (!mine) items.push(item(t("why"), icon("bell"), () => void this.attempt(() => why(this.room.id, Number(message.dataset.id)))));
		if (mine) items.push(item(t("edit"), icon("pencil"), () => this.edit(message)));
		if (mine || administrator) items.push(item(t("delete"), icon("trash"), () => void this.delete(message), true));
		const list = menu(t("options"), pointed, ...items);
		this.close = openPopup(list, { label: t("options"), ...this.beside(message, options) });
		list.querySelector<HTMLElement>("[role=menuitem]")!.focus();
	}

	private boostBox(message: HTMLElement): void {
		const box = boostForm({
			choose: (content) => {
				this.close(true);
				void this.boost(message, content);
			},
			more: () => this.pickBoost(message),
		});
		this.close = openPopup(box, { label: t("boost"), ...this.beside(message, this.booster(message)) });
		box.querySelector("button")!.focus();
	}

	private pickBoost(message: HTMLElement): void {
		this.close = openPicker({ ...this.beside(message, this.booster(message)), choose: (char) => void this.boost(message, char) });
	}

	/** The control that a message's boosts open from. */
	private booster(message: HTMLElement): Element {
		return this.bar.parentElement === message && this.bar.checkVisibility() ? this.bar.firstElementChild! : message.querySelector(".options")!;
	}

	private async attempt(call: () => Promise<unknown>): Promise<void> {
		try {
			await call();
		} catch (error) {
			toast(explain(error), { error: true });
		}
	}

	private path(message: HTMLElement): string {
		return `/rooms/${this.room.id}/messages/${message.dataset.id}`;
	}

	private async delete(message: HTMLElement, before = () => {}): Promise<void> {
		if (!(await ask({ title: t("delete.sure"), yes: t("delete"), danger: true }))) return;
		before();
		message.focus({ preventScroll: true }); // from there it goes to the next
		await this.attempt(() => api("DELETE", this.path(message)));
	}

	private async boost(message: HTMLElement, content: string): Promise<void> {
		await this.attempt(() => api("POST", this.path(message) + "/boosts", { content }));
	}

	/** Adds the reader's own to boosts of one content, or takes it back. */
	private async toggle(message: HTMLElement, pill: HTMLElement): Promise<void> {
		const { mine, content } = pill.dataset;
		if (mine) await this.attempt(() => api("DELETE", `${this.path(message)}/boosts/${mine}`));
		else await this.boost(message, content!);
	}
}
