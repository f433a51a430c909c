// What a message's links lead to, below it: who may take it away can do so.

import { api, explain } from "../base/api";
import { el } from "../base/dom";
import { icon } from "../base/icon";
import { administrator, viewer } from "../base/page";
import { t } from "../base/text";
import { toast } from "../parts/toast";

/** Gives a message's previews the control that removes them, where the reader may. */
export function arrangePreviews(message: HTMLElement): void {
	const previews = message.querySelector(".previews");
	if (!previews || previews.querySelector(".preview-remove") || (message.dataset.creator !== viewer && !administrator)) return;
	const button = el("button", { type: "button", class: "preview-remove", "aria-label": t("preview.remove"), title: t("preview.remove") }, icon("x"));
	button.addEventListener("click", () => void remove(message, button as HTMLButtonElement));
	button.tabIndex = message.tabIndex; // Tab stops at what is in one message alone
	previews.append(button);
}

async function remove(message: HTMLElement, button: HTMLButtonElement): Promise<void> {
	const room = message.closest<HTMLElement>("[data-room]")?.dataset.room;
	if (!room) return;
	button.disabled = true;
	try {
		await api("DELETE", `/rooms/${room}/messages/${message.dataset.id}/previews`);
		message.focus({ preventScroll: true }); // the control goes with the event
	} catch (error) {
		button.disabled = false;
		toast(explain(error), { error: true });
	}
}
