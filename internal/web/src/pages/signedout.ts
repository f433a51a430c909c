// What is said when the session has ended elsewhere.

import { el } from "../base/dom";
import { signInPath } from "../base/page";
import { t } from "../base/text";
import { openDialog } from "../parts/dialog";
import type { Live } from "../live/live";

/** Leads to signing in and back here, unless it is this page that signs out. */
export function tellSignedOut(live: Live): void {
	let leaving = false;
	document.addEventListener("submit", (event) => {
		if ((event.target as HTMLFormElement).action.endsWith("/logout")) leaving = true;
	});
	live.on("signed_out", (f) => {
		if (leaving) return;
		const link = el("a", { class: "button primary", href: signInPath(), autofocus: "" }, t("signedout.go"));
		openDialog(t("signedout.title"), "question", el("h2", {}, t("signedout.title")), el("p", {}, f.barred ? t("barred") : t("signedout.kept")), el("div", { class: "dialog-buttons" }, link));
	});
}
