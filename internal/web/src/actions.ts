// What can be done to a message: boost, reply, edit, delete, copy its link.

import { api, explain } from "./api";
import { copy } from "./copy";
import { ask } from "./dialog";
import { el } from "./dom";
import { edit } from "./editor";
import { administrator, base, viewer } from "./page";
import type { Room } from "./room";
import { t } from "./text";
import { toast } from "./toast";

const quick = ["👍", "👏", "👋", "💪", "❤️", "😂", "🎉", "🔥"];

export class Actions {
	private box: HTMLElement | null = null;
	private opener: HTMLElement | null = null;

	constructor(
		private room: Room,
		signal: AbortSignal,
	) {
		const log = room.log.element;
		log.addEventListener("click", (event) => {
			const target = event.target as Element;
			const options = target.closest<HTMLElement>(".options");
			if (options) {
				event.preventDefault();
				this.toggle(options);
				return;
			}
			const boost = target.closest<HTMLElement>(".boost.mine");
			if (boost) void this.unboost(boost);
		});
		log.addEventListener("keydown", (event) => {
			const boost = (event.target as Element).closest<HTMLElement>(".boost.mine");
			if (boost && (event.key === "Enter" || event.key === " ")) {
				event.preventDefault();
				void this.unboost(boost);
			}
		});
		document.addEventListener(
			"click",
			(event) => {
				if (this.box && !this.box.contains(event.target as Node) && !(event.target as Element).closest(".options")) this.close();
			},
			{ signal },
		);
		document.addEventListener(
			"keydown",
			(event) => {
				if (event.key === "Escape" && this.box) {
					this.opener?.focus();
					this.close();
				}
			},
			{ signal },
		);
	}

	/** Opens the editor of a message. */
	edit(message: HTMLElement): void {
		void this.attempt(() =>
			edit(message, this.path(message), () => this.room.composer?.focus()),
		);
	}

	private path(message: HTMLElement): string {
		return `/rooms/${this.room.id}/messages/${message.dataset.id}`;
	}

	private close(): void {
		this.box?.remove();
		this.box = null;
	}

	private toggle(opener: HTMLElement): void {
		const same = this.opener === opener && this.box;
		this.close();
		if (same) return;
		this.opener = opener;
		const message = opener.closest<HTMLElement>(".message")!;
		const mine = message.dataset.creator === viewer;
		const box = el("div", { class: "menu-box", role: "group", "aria-label": opener.getAttribute("aria-label") ?? "" });
		const emoji = el("div", { class: "quick" });
		for (const content of quick) emoji.append(this.button(content, "", () => void this.boost(message, content)));
		const free = el("form", {}, el("input", { "aria-label": t("boostlabel"), placeholder: t("boostlabel"), maxlength: "16", required: "" }), el("button", { class: "button" }, t("boost")));
		free.addEventListener("submit", (event) => {
			event.preventDefault();
			void this.boost(message, free.querySelector("input")!.value);
		});
		box.append(emoji, free);
		if (this.room.composer) box.append(this.button(t("reply"), "item", () => this.room.composer!.reply(message)));
		box.append(this.button(t("copy"), "item", () => void copy(new URL(`${base}/rooms/${this.room.id}/@${message.dataset.id}`, location.href).href)));
		box.append(this.button(t("unread"), "item", () => void this.attempt(() => api("PUT", `/rooms/${this.room.id}/read`, { unread_from: Number(message.dataset.id) }))));
		if (mine) box.append(this.button(t("edit"), "item", () => this.edit(message)));
		if (mine || administrator) box.append(this.button(t("delete"), "item danger", () => void this.delete(message)));
		message.append(box);
		this.box = box;
		if (box.getBoundingClientRect().bottom > this.room.log.element.getBoundingClientRect().bottom) box.classList.add("up");
		box.querySelector("button")!.focus();
	}

	private button(label: string, kind: string, act: () => void): HTMLElement {
		const button = el("button", { type: "button", class: kind }, label);
		button.addEventListener("click", () => {
			this.close();
			act();
		});
		return button;
	}

	private async attempt(call: () => Promise<unknown>): Promise<void> {
		try {
			await call();
		} catch (error) {
			toast(explain(error), { error: true });
		}
	}

	private async delete(message: HTMLElement): Promise<void> {
		if (await ask({ title: t("delete.sure"), yes: t("delete"), danger: true })) {
			await this.attempt(() => api("DELETE", this.path(message)));
		}
	}

	private async boost(message: HTMLElement, content: string): Promise<void> {
		this.close();
		await this.attempt(() => api("POST", this.path(message) + "/boosts", { content }));
	}

	private async unboost(boost: HTMLElement): Promise<void> {
		const message = boost.closest<HTMLElement>(".message")!;
		await this.attempt(() => api("DELETE", `${this.path(message)}/boosts/${boost.dataset.boost}`));
	}
}
