// Code in messages: it can be copied, and scrolls by itself.

import { el } from "../base/dom";
import { icon } from "../base/icon";
import { t } from "../base/text";
import { copy } from "../parts/copy";

/** Gives a message's code blocks a button that copies them. To be called when the message comes. */
export function arrangeCode(message: HTMLElement): void {
	for (const pre of message.querySelectorAll<HTMLElement>(".body pre")) {
		if (pre.parentElement!.classList.contains("code-block")) continue;
		const button = el("button", { type: "button", class: "code-copy", title: t("copycode") }, icon("copy"));
		button.addEventListener("click", () => void copy(pre.textContent!.replace(/\n$/, "")));
		const block = el("div", { class: "code-block" });
		pre.replaceWith(block);
		block.append(pre, button);
		button.tabIndex = message.tabIndex; // Tab stops at what is in one message alone
	}
}
