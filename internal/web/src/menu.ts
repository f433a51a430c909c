// What can be done to a message: boost, reply, edit, delete, copy its link.

import { administrator, api, base, el, Problem, t, viewer } from "./small";
import type { Room } from "./room";

const quick = ["👍", "👏", "👋", "💪", "❤️", "😂", "🎉", "🔥"];

export class Menu {
	private box: HTMLElement | null = null;
	private opener: HTMLElement | null = null;

	constructor(private room: Room) {
		const { log } = room;
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
		log.addEventListener("campfire:edit", (event) => void this.edit(event.target as HTMLElement));
		document.addEventListener("click", (event) => {
			if (this.box && !this.box.contains(event.target as Node) && !(event.target as Element).closest(".options")) this.close();
		});
		document.addEventListener("keydown", (event) => {
			if (event.key === "Escape" && this.box) {
				this.opener?.focus();
				this.close();
			}
		});
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
		box.append(this.button(t("reply"), "item", () => this.room.reply(message)));
		box.append(this.button(t("copy"), "item", () => void navigator.clipboard?.writeText(new URL(`${base}/rooms/${this.room.id}/@${message.dataset.id}`, location.href).href)));
		box.append(this.button(t("unread"), "item", () => void api("PUT", `/rooms/${this.room.id}/read`, { unread_from: Number(message.dataset.id) })));
		if (mine) box.append(this.button(t("edit"), "item", () => void this.edit(message)));
		if (mine || administrator) {
			box.append(
				this.button(t("delete"), "item danger", () => {
					if (confirm(t("delete.sure"))) void this.attempt(() => api("DELETE", this.path(message)));
				}),
			);
		}
		message.append(box);
		this.box = box;
		if (box.getBoundingClientRect().bottom > this.room.log.getBoundingClientRect().bottom) box.classList.add("up");
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
			document.getElementById("status")!.textContent = error instanceof Problem ? error.message : t("gone");
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

	/** Edits in place. The text is fetched, since the page shows only its rendering. */
	private async edit(message: HTMLElement): Promise<void> {
		if (message.querySelector(".editor")) return;
		await this.attempt(async () => {
			const { message: source } = await api("GET", this.path(message));
			const body = message.querySelector<HTMLElement>(".body")!;
			const input = el("textarea", { "aria-label": t("editlabel"), dir: "auto", rows: "3" }) as HTMLTextAreaElement;
			input.value = source.body;
			const note = el("p", { class: "hint", role: "status" });
			const save = el("button", { class: "button primary" }, t("save"));
			const cancel = el("button", { type: "button", class: "button" }, t("cancel"));
			const form = el("form", { class: "editor" }, input, note, el("div", { class: "buttons" }, save, cancel));
			let version: number = source.version;
			const end = () => {
				const stale = message.dataset.stale;
				form.remove();
				body.hidden = false;
				if (stale) this.room.replace(Number(message.dataset.id), stale);
				this.room.focus();
			};
			body.hidden = true;
			body.after(form);
			input.focus();
			input.setSelectionRange(input.value.length, input.value.length);
			cancel.addEventListener("click", end);
			input.addEventListener("keydown", (event) => {
				if (event.key === "Escape") end();
				if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
					event.preventDefault();
					(form as HTMLFormElement).requestSubmit();
				}
			});
			form.addEventListener("submit", async (event) => {
				event.preventDefault();
				try {
					await api("PATCH", this.path(message), { body: input.value, version });
					end();
				} catch (error) {
					if (error instanceof Problem && error.code === "conflict") {
						const { message: now } = await api("GET", this.path(message));
						version = now.version;
						note.textContent = t("conflict");
					} else {
						note.textContent = error instanceof Problem ? error.message : t("gone");
					}
				}
			});
		});
	}
}
