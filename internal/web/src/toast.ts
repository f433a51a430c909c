// Short notices at the edge of the page: what happened, and where there is
// one, the next step.

import { el } from "./dom";

type Options = { error?: boolean; action?: { label: string; act: () => void } };

const shown = 5000; // milliseconds; one with an action or an error stays twice as long
const most = 3;

/** Shows a notice; screen readers hear it. */
export function toast(text: string, { error = false, action }: Options = {}): void {
	const box = host();
	const notice = el("div", { class: error ? "toast error" : "toast", role: error ? "alert" : "status" }, el("span", { dir: "auto" }, text));
	if (action) {
		const button = el("button", { type: "button", class: "button quiet" }, action.label);
		button.addEventListener("click", () => {
			notice.remove();
			action.act();
		});
		notice.append(button);
	}
	box.append(notice);
	while (box.childElementCount > most) box.firstElementChild!.remove();
	let timer = 0;
	const leave = () => (timer = window.setTimeout(() => notice.remove(), error || action ? 2 * shown : shown));
	notice.addEventListener("pointerenter", () => window.clearTimeout(timer));
	notice.addEventListener("pointerleave", leave);
	leave();
}

function host(): HTMLElement {
	let box = document.getElementById("toasts");
	if (!box) document.body.append((box = el("div", { id: "toasts", class: "toasts" })));
	return box;
}
