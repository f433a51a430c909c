// Why the reader was told of a message, or was not.

import { api } from "./api";
import { openDialog } from "./dialog";
import { el } from "./dom";
import { base } from "./page";
import { t } from "./text";
import { fullTime } from "./time";

type Delivery = { user_agent: string; at: string; outcome: string; status: number; detail: string };

const rules: Record<string, (keyword: string) => string> = {
	everything: () => t("why.everything"),
	mention: () => t("why.mention"),
	keyword: (keyword) => t("why.keyword", { keyword }),
	author: () => t("why.author"),
	not_member: () => t("why.notmember"),
	no_device: () => t("why.nodevice"),
	invisible: () => t("why.invisible"),
	nothing: () => t("why.nothing"),
	not_mentioned: () => t("why.notmentioned"),
	read: () => t("why.read"),
	paused: () => t("why.paused"),
	quiet_hours: () => t("why.quiet"),
	pending: () => t("why.pending"),
	dropped: () => t("why.dropped"),
	forgotten: () => t("why.forgotten"),
};

const outcomes: Record<string, (detail: string) => string> = {
	done: () => t("why.done"),
	skipped: (detail) => (detail === "read" ? t("why.skipped.read") : t("why.skipped")),
	failed: (detail) => t("why.failed", { detail }),
	given_up: (detail) => t("why.givenup", { detail }),
	dropped: () => t("why.dropped"),
	waiting: () => t("why.waiting"),
};

/** Asks the server and shows its answer. */
export async function why(room: number, message: number): Promise<void> {
	const { notification } = await api("GET", `/rooms/${room}/messages/${message}/notification`);
	const title = notification.notified ? t("why.yes") : t("why.no");
	const list = el("ul", { class: "deliveries" });
	for (const d of notification.deliveries as Delivery[]) {
		const what = outcomes[d.outcome]?.(d.detail || String(d.status)) ?? d.outcome;
		list.append(el("li", {}, el("strong", { dir: "auto" }, device(d.user_agent)), " ", el("time", { datetime: d.at }, fullTime(new Date(d.at))), el("div", { dir: "auto" }, what)));
	}
	const close = el("button", { class: "button primary", value: "", autofocus: "" }, t("dialog.close"));
	const settings = el("a", { class: "button", href: `${base}/notifications` }, t("why.settings"));
	const dialog = openDialog(
		title,
		"question why",
		el("form", { method: "dialog" }, el("h2", {}, title), el("p", { dir: "auto" }, rules[notification.rule]?.(notification.keyword ?? "") ?? notification.detail), ...(list.childElementCount ? [list] : []), el("div", { class: "dialog-buttons" }, settings, close)),
	);
	settings.addEventListener("click", () => dialog.close());
}

/** The part of a user agent that a person knows. */
function device(agent: string): string {
	const found = /(Edg|OPR|Firefox|FxiOS|CriOS|Chrome|Safari)\//.exec(agent)?.[1];
	const system = /(iPhone|iPad|Android|Windows|Macintosh|Linux)/.exec(agent)?.[1];
	const names: Record<string, string> = { Edg: "Edge", OPR: "Opera", FxiOS: "Firefox", CriOS: "Chrome", Macintosh: "macOS" };
	const name = [found, system].filter((x) => x !== undefined).map((x) => names[x] ?? x);
	return name.length ? name.join(" · ") : agent.split(/[ /]/)[0] || t("why.device");
}
