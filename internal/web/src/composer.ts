// Where messages are written.

import { el } from "./dom";
import { t } from "./text";

/** What the composer asks of its room. */
export interface Desk {
	send(body: string, replyTo: number): void;
	typing(active: boolean): void;
	editLast(): boolean; // begins to edit the reader's last message, if there is one
}

export class Composer {
	readonly input: HTMLTextAreaElement;
	private replyTo = 0;
	private draft: string;

	constructor(
		readonly form: HTMLFormElement,
		room: number,
		private desk: Desk,
	) {
		this.input = form.elements.namedItem("body") as HTMLTextAreaElement;
		this.draft = "campfire.draft." + room;
		this.input.value ||= localStorage.getItem(this.draft) ?? "";
		this.input.addEventListener("input", () => {
			this.keep();
			this.desk.typing(this.input.value !== "");
		});
		this.input.addEventListener("keydown", (event) => this.key(event));
		form.addEventListener("submit", (event) => {
			event.preventDefault();
			this.submit();
		});
	}

	focus(): void {
		this.input.focus();
	}

	/** Lets nothing more be written here. */
	disable(): void {
		this.form.querySelector("button[name=send]")!.setAttribute("disabled", "");
	}

	/** Puts back a text that was not sent, unless another is begun. */
	restore(body: string): void {
		this.input.value ||= body;
		this.keep();
	}

	/** Begins or, without a message, ends a reply. */
	reply(message: HTMLElement | null): void {
		const box = document.getElementById("replying")!;
		this.replyTo = message ? Number(message.dataset.id) : 0;
		box.hidden = !message;
		if (!message) return;
		const stop = el("button", { type: "button", class: "button quiet", "aria-label": t("stop") }, "×");
		stop.addEventListener("click", () => this.reply(null));
		box.replaceChildren(t("replying", { name: message.querySelector(".author")?.textContent ?? "" }), stop);
		this.focus();
	}

	private key(event: KeyboardEvent): void {
		if (event.defaultPrevented || event.isComposing) return;
		if (event.key === "Enter" && !event.shiftKey && (!matchMedia("(pointer: coarse)").matches || event.ctrlKey || event.metaKey)) {
			event.preventDefault();
			this.form.requestSubmit();
		} else if (event.key === "ArrowUp" && this.input.value === "") {
			if (this.desk.editLast()) event.preventDefault();
		} else if (event.key === "Escape") {
			this.reply(null);
		}
	}

	private submit(): void {
		const body = this.input.value;
		if (body.trim() === "") return;
		const replyTo = this.replyTo;
		this.input.value = "";
		this.keep();
		this.reply(null);
		this.desk.typing(false);
		this.desk.send(body, replyTo);
	}

	/** Keeps what is written across reloads. */
	private keep(): void {
		try {
			if (this.input.value) localStorage.setItem(this.draft, this.input.value);
			else localStorage.removeItem(this.draft);
		} catch {
			// no room for drafts: it is kept for as long as the page is open
		}
	}
}
