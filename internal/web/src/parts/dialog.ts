// Dialogs: the browser's own element traps the focus and gives it back.

import { el } from "../base/dom";
import { t } from "../base/text";
import { cover } from "./back";

/** Opens a modal dialog around content; it is removed when it closes. */
export function openDialog(label: string, kind: string, ...content: (Node | string)[]): HTMLDialogElement {
	const dialog = el("dialog", { class: `dialog ${kind}`, "aria-label": label }, ...content) as HTMLDialogElement;
	const uncover = cover(() => dialog.close());
	dialog.addEventListener("close", () => {
		uncover();
		dialog.remove();
	});
	dialog.addEventListener("click", (event) => {
		if (event.target === dialog) dialog.close(); // its backdrop
	});
	document.body.append(dialog);
	dialog.showModal();
	return dialog;
}

/**
 * Opens a dialog with one field over the page. The page is covered, not made
 * inert as by a modal dialog: that costs a pass over the style of every
 * message, which with thousands of them is felt.
 */
export function openOver(label: string, kind: string, ...content: (Node | string)[]): HTMLDialogElement {
	const from = document.activeElement as HTMLElement | null;
	const veil = el("div", { class: "veil" });
	const dialog = el("dialog", { class: `dialog over ${kind}`, "aria-label": label, "aria-modal": "true" }, ...content) as HTMLDialogElement;
	const uncover = cover(() => dialog.close());
	veil.addEventListener("click", () => dialog.close());
	dialog.addEventListener("keydown", (event) => {
		if (event.key !== "Escape" && event.key !== "Tab") return;
		event.preventDefault(); // the one field keeps the focus
		if (event.key === "Escape") dialog.close();
	});
	dialog.addEventListener("close", () => {
		const left = document.activeElement === document.body || dialog.contains(document.activeElement);
		uncover();
		veil.remove();
		dialog.remove();
		if (left) from?.focus();
	});
	document.body.append(veil, dialog);
	dialog.show();
	return dialog;
}

type Question = { title: string; body?: string; yes: string; danger?: boolean };

/** Asks before what can't be undone. */
export function ask({ title, body, yes, danger = false }: Question): Promise<boolean> {
	return new Promise((resolve) => {
		const go = el("button", { class: danger ? "button danger" : "button primary", value: "yes", autofocus: "" }, yes);
		const no = el("button", { class: "button", value: "" }, t("dialog.cancel"));
		const form = el("form", { method: "dialog" }, el("h2", { dir: "auto" }, title), ...(body ? [el("p", { dir: "auto" }, body)] : []), el("div", { class: "dialog-buttons" }, no, go));
		const dialog = openDialog(title, "question", form);
		dialog.addEventListener("close", () => resolve(dialog.returnValue === "yes"));
	});
}
