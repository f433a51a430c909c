// Editing a message in its place.

import { api, explain, Problem } from "../base/api";
import { el, parse } from "../base/dom";
import { icon } from "../base/icon";
import { t } from "../base/text";
import { openDialog } from "../parts/dialog";
import { Completion } from "../composer/completion";
import type { Composer } from "../composer/composer";
import { composing, equip, excess, lengthNote, sends } from "../composer/field";
import type { Room } from "./room";

const left = new Map<string, string>(); // texts of editors that Escape closed, by message

/**
 * Opens an editor in a message. The text is fetched, since the page shows
 * only its rendering. Whatever happens to the message meanwhile, what is
 * written stays until it is saved or discarded. remove asks, and then calls
 * back and deletes the message.
 */
export async function edit(message: HTMLElement, room: Room, remove: (before: () => void) => void): Promise<void> {
	const open = message.querySelector<HTMLElement>(".editor textarea");
	if (open) {
		open.focus();
		return;
	}
	const id = message.dataset.id!;
	const path = `/rooms/${room.id}/messages/${id}`;
	const from = document.activeElement as HTMLElement | null;
	const { message: source } = await api("GET", path);
	if (message.querySelector(".editor")) return;
	new Editor(message, room, path, source, from, remove);
}

class Editor {
	private input: HTMLTextAreaElement;
	private note = el("p", { class: "hint", role: "status" });
	private save = el("button", { class: "button primary" }, t("save")) as HTMLButtonElement;
	private form: HTMLElement;
	private version: number;

	constructor(
		private message: HTMLElement,
		private room: Room,
		private path: string,
		private source: { body: string; version: number },
		private from: HTMLElement | null, // what had the focus
		remove: (before: () => void) => void,
	) {
		this.version = source.version;
		const id = message.dataset.id!;
		const input = (this.input = el("textarea", { "aria-label": t("editlabel"), dir: "auto", rows: "3" }) as HTMLTextAreaElement);
		input.value = left.get(id) ?? source.body;
		if (left.delete(id)) this.note.textContent = t("editkept");
		const away = el("button", { type: "button", class: "button quiet danger", title: t("delete") }, icon("trash"));
		const cancel = el("button", { type: "button", class: "button quiet", title: t("cancel") }, icon("x"));
		this.form = el("form", { class: "editor" }, input, this.note, el("div", { class: "buttons" }, this.save, away, cancel));
		new Completion(input, room.id);
		equip(input);
		input.addEventListener("input", () => {
			if (Number(message.dataset.version) > this.version) void this.compare();
			else this.note.textContent = lengthNote(input.value);
		});
		input.addEventListener("keydown", (event) => this.key(event));
		this.form.addEventListener("submit", (event) => {
			event.preventDefault();
			void this.submit();
		});
		away.addEventListener("click", () => remove(() => this.close()));
		cancel.addEventListener("click", () => this.close());
		this.show(true);
		input.focus();
		input.setSelectionRange(input.value.length, input.value.length);
		this.form.scrollIntoView({ block: "nearest" });
	}

	/** Puts the editor in the place of the message's text, or that back. */
	private show(editing: boolean): void {
		const body = this.message.querySelector<HTMLElement>(".body")!;
		body.hidden = editing;
		this.message.classList.toggle("editing", editing);
		const options = this.message.querySelector<HTMLElement>(".options");
		if (options) options.hidden = editing;
		if (editing) body.after(this.form);
		else this.form.remove();
	}

	private close(): void {
		this.show(false);
		if (this.from && this.message.contains(this.from)) this.from.focus({ preventScroll: true });
		else this.room.composer?.focus();
	}

	private key(event: KeyboardEvent): void {
		if (event.defaultPrevented || composing(event)) return;
		if (event.key === "Escape") {
			event.preventDefault();
			if (this.input.value !== this.source.body) left.set(this.message.dataset.id!, this.input.value);
			this.close();
		} else if (sends(event, event.target as HTMLTextAreaElement)) {
			event.preventDefault();
			void this.submit();
		}
	}

	private async submit(): Promise<void> {
		const body = this.input.value;
		if (this.save.disabled) return;
		if (excess(body) > 0) {
			this.note.textContent = lengthNote(body);
			return;
		}
		this.save.disabled = true;
		try {
			await api("PATCH", this.path, { body, version: this.version });
			this.close();
		} catch (error) {
			if (!(error instanceof Problem)) this.note.textContent = explain(error);
			else if (error.code === "conflict") await this.compare();
			else if (error.status === 404) this.lost();
			else this.note.textContent = explain(error);
		} finally {
			this.save.disabled = false;
		}
	}

	/** Shows what the message has become elsewhere, above what is written here. */
	private async compare(): Promise<void> {
		try {
			const { message } = await api("GET", this.path);
			this.version = message.version;
			if (message.body === this.source.body) return; // what changed is not the text
			this.source = message;
			this.form.querySelector(".other-version")?.remove();
			this.form.prepend(el("div", { class: "other-version", role: "group", "aria-label": t("editother") }, el("p", { class: "hint" }, t("editother")), el("div", { class: "body" }, ...parse(message.html))));
			this.note.textContent = t("conflict");
		} catch (error) {
			if (error instanceof Problem && error.status === 404) this.lost();
			else this.note.textContent = explain(error);
		}
	}

	/** The message is no more. */
	private lost(): void {
		const text = this.input.value;
		this.close();
		rescue(text, this.room.composer);
	}
}

/** Offers a text whose message was deleted while it was edited: it can be sent as another. Neither said, it waits in the composer. */
export function rescue(text: string, composer: Composer | null): void {
	const input = el("textarea", { "aria-label": t("editlabel"), dir: "auto", rows: "4" }) as HTMLTextAreaElement;
	input.value = text;
	const go = el("button", { class: "button primary", value: "send" }, t("sendnew"));
	const no = el("button", { class: "button", value: "discard" }, t("discard"));
	const form = el("form", { method: "dialog", class: "editor" }, el("h2", {}, t("editgone")), input, el("div", { class: "dialog-buttons" }, no, go));
	const dialog = openDialog(t("editgone"), "question", form);
	dialog.addEventListener("close", () => {
		if (dialog.returnValue === "") composer?.restore(input.value);
		else if (dialog.returnValue === "send" && input.value.trim() !== "") composer?.send(input.value);
	});
	input.focus();
	input.setSelectionRange(text.length, text.length);
}
