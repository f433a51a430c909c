// The line that says what is wrong with the connection or the room, one thing
// at a time: the gravest that holds.

import { el } from "../base/dom";

/** What can be wrong, the gravest first. */
type Matter = "session" | "room" | "connection";

const matters: Matter[] = ["session", "room", "connection"];
const said = new Map<Matter, { text: string; link?: { label: string; href: string } }>();

/** Says something of a matter; an empty text takes it back. */
export function say(matter: Matter, text: string, link?: { label: string; href: string }): void {
	if (text) said.set(matter, { text, link });
	else said.delete(matter);
	showStatus();
}

/** Shows what holds, also on a page that is new. */
export function showStatus(): void {
	const line = document.getElementById("status");
	if (!line) return;
	const what = said.get(matters.find((m) => said.has(m)) ?? "connection");
	const text = what ? (what.link ? `${what.text} ${what.link.label}` : what.text) : "";
	if (line.textContent === text) return;
	line.replaceChildren(what?.text ?? "");
	if (what?.link) line.append(" ", el("a", { href: what.link.href }, what.link.label));
}
