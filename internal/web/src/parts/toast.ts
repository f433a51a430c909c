// Short notices at the edge of the page: what happened, and where there is
// one, the next step.

import { el } from "../base/dom";
import { keepFocus } from "../base/focus";

type Options = { error?: boolean; action?: { label: string; act: () => void } };

const shown = 5000; // milliseconds; one with an action or an error stays twice as long
const most = 3;

/** Shows a notice; screen readers hear it. */
export function toast(text: string, { error = false, action }: Options = {}): void {
	const box = host();
	const notice = el("div", { class: error ? "toast error" : "toast", role: error ? "alert" : "status" }, el("span", { dir: "auto" }, text));
	let from: HTMLElement | null = null; // what had the focus before the notice
	const remove = (gone: Element) => keepFocus(() => gone.remove(), () => (from?.isConnected ? from : document.getElementById("main")));
	if (action) {
		const button = el("button", { type: "button", class: "button quiet" }, action.label);
		button.addEventListener("click", () => {
			remove(notice);
			action.act();
		});
		notice.append(button);
	}
	box.append(notice);
	while (box.childElementCount > most) remove(box.firstElementChild!);
	let timer = 0;
	const stay = () => window.clearTimeout(timer);
	const leave = () => {
		stay();
		timer = window.setTimeout(() => remove(notice), error || action ? 2 * shown : shown);
	};
	notice.addEventListener("pointerenter", stay);
	notice.addEventListener("pointerleave", leave);
	notice.addEventListener("focusin", (event) => {
		from = event.relatedTarget as HTMLElement | null;
		stay();
	});
	notice.addEventListener("focusout", leave);
	leave();
}

function host(): HTMLElement {
	let box = document.getElementById("toasts");
	if (!box) document.body.append((box = el("div", { id: "toasts", class: "toasts" })));
	return box;
}
