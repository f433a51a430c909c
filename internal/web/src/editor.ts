// Editing a message in its place.

import { api, explain, Problem } from "./api";
import { el } from "./dom";
import { t } from "./text";

/**
 * Opens an editor in a message; path is its address in the API, done is
 * called when it has closed. The text is fetched, since the page shows only
 * its rendering.
 */
export async function edit(message: HTMLElement, path: string, done: () => void): Promise<void> {
	if (message.querySelector(".editor")) return;
	const { message: source } = await api("GET", path);
	let version: number = source.version;
	const body = message.querySelector<HTMLElement>(".body")!;
	const input = el("textarea", { "aria-label": t("editlabel"), dir: "auto", rows: "3" }) as HTMLTextAreaElement;
	input.value = source.body;
	const note = el("p", { class: "hint", role: "status" });
	const save = el("button", { class: "button primary" }, t("save"));
	const cancel = el("button", { type: "button", class: "button" }, t("cancel"));
	const form = el("form", { class: "editor" }, input, note, el("div", { class: "buttons" }, save, cancel)) as HTMLFormElement;
	const end = () => {
		form.remove();
		body.hidden = false;
		done();
	};
	body.hidden = true;
	body.after(form);
	input.focus();
	input.setSelectionRange(input.value.length, input.value.length);
	cancel.addEventListener("click", end);
	input.addEventListener("keydown", (event) => {
		if (event.isComposing) return;
		if (event.key === "Escape") end();
		if (event.key === "Enter" && !event.shiftKey) {
			event.preventDefault();
			form.requestSubmit();
		}
	});
	form.addEventListener("submit", async (event) => {
		event.preventDefault();
		try {
			await api("PATCH", path, { body: input.value, version });
			end();
		} catch (error) {
			if (error instanceof Problem && error.code === "conflict") {
				version = (await api("GET", path)).message.version;
				note.textContent = t("conflict");
			} else {
				note.textContent = explain(error);
			}
		}
	});
}
