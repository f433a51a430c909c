// What is said when the session has ended elsewhere.

import { openDialog } from "./dialog";
import { el } from "./dom";
import type { Live } from "./live";
import { signInPath } from "./reader";
import { t } from "./text";

/** Leads to signing in and back here, unless it is this page that signs out. */
export function tellSignedOut(live: Live): void {
	let leaving = false;
	document.addEventListener("submit", (event) => {
		if ((event.target as HTMLFormElement).action.endsWith("/logout")) leaving = true;
	});
	live.on("signed_out", () => {
		if (leaving) return;
		const link = el("a", { class: "button primary", href: signInPath(), autofocus: "" }, t("signedout.go"));
		openDialog(t("signedout.title"), "question", el("h2", {}, t("signedout.title")), el("p", {}, t("signedout.kept")), el("div", { class: "dialog-buttons" }, link));
	});
}
