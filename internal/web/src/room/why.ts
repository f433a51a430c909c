// Why the reader was told of a message, or was not.

import { Problem } from "../base/api";
import { el } from "../base/dom";
import { base } from "../base/page";
import { t } from "../base/text";
import { localTimes } from "../base/time";
import { openDialog } from "../parts/dialog";

/** Shows what the page says that is for browsers without scripts. */
export async function why(room: number, message: number): Promise<void> {
	const response = await fetch(`${base}/rooms/${room}/messages/${message}/notification`, { headers: { Accept: "text/html" } });
	const page = new DOMParser().parseFromString(await response.text(), "text/html");
	const told = page.querySelector("section.why");
	if (!response.ok || !told) throw new Problem(response.status, "", page.querySelector("main p")?.textContent ?? t("gone"), 0);
	localTimes(told);
	const close = el("button", { class: "button primary", value: "", autofocus: "" }, t("dialog.close"));
	const settings = el("a", { class: "button", href: `${base}/notifications` }, t("why.settings"));
	const dialog = openDialog(told.querySelector("h2")!.textContent!, "question why", el("form", { method: "dialog" }, ...told.children, el("div", { class: "dialog-buttons" }, settings, close)));
	settings.addEventListener("click", () => dialog.close());
}
