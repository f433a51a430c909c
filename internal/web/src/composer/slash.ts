// Commands that are written: "/play tada". What is no command is text; two
// slashes make text of a command, too.

import { el } from "../base/dom";
import { base } from "../base/page";
import { t } from "../base/text";
import { ask, openDialog } from "../parts/dialog";
import { loadSounds, mute, muted } from "../timeline/sounds";

export type Slash = { name: string; argument: boolean; hint: () => string };

/** The commands that there are in a room, in the order in which they are shown. */
export function commandsOf(room: number): Slash[] {
	const direct = document.querySelector(`.directs a[data-room="${room}"]`) !== null;
	return [
		{ name: "play", argument: true, hint: () => t("slash.play") },
		{ name: "me", argument: true, hint: () => t("slash.me") },
		{ name: "shrug", argument: true, hint: () => t("slash.shrug") },
		{ name: "mute", argument: false, hint: () => (muted() ? t("sound.unmute") : t("sound.mute")) },
		{ name: "invite", argument: false, hint: () => t("slash.invite") },
		...(direct ? [] : [{ name: "leave", argument: false, hint: () => t("slash.leave") }]),
		{ name: "help", argument: false, hint: () => t("slash.help") },
	];
}

/** What a text that was written comes to: a text to send, something that was done, or why it was not. */
export type Result = { send: string } | { done: true } | { problem: string };

/** Whether a text is to be read as a command before it is sent. */
export function isCommand(body: string, room: number): boolean {
	const found = /^\/{1,2}([a-z]+)(?:\s|$)/.exec(body);
	return found !== null && commandsOf(room).some((c) => c.name === found[1]);
}

/** Does what a command says. */
export async function run(body: string, room: number): Promise<Result> {
	if (body.startsWith("//")) return { send: "\\" + body.slice(1) };
	const [, name, rest] = /^\/([a-z]+)\s*([^]*)$/.exec(body) as unknown as [string, string, string];
	const argument = rest.trim();
	switch (name) {
		case "play":
			return playing(argument);
		case "me":
			return argument ? { send: `/me ${argument}` } : { problem: t("slash.me") };
		case "shrug":
			return { send: `${argument} ¯\\\\\\_(ツ)\\_/¯`.trim() };
		case "mute":
			mute(!muted());
			break;
		case "invite":
			follow(base + "/account#invite");
			break;
		case "leave":
			return leave(room);
		case "help":
			showCommands(room);
	}
	return { done: true };
}

async function playing(name: string): Promise<Result> {
	const names = await loadSounds().then(Object.keys, () => null);
	if (!names || names.includes(name.toLowerCase())) return { send: `/play ${name}` };
	const list = { name, names: names.join(", ") };
	return { problem: name ? t("slash.nosound", list) : t("slash.sounds", list) };
}

async function leave(room: number): Promise<Result> {
	const name = document.querySelector(".room-head h1 bdi")?.textContent ?? "";
	if (!(await ask({ title: t("slash.leave"), body: t("slash.leave.sure", { room: name }), yes: t("slash.leave.go"), danger: true }))) return { problem: "" };
	const form = el("form", { method: "post", action: `${base}/rooms/${room}/leave`, hidden: "" }) as HTMLFormElement;
	document.body.append(form);
	form.requestSubmit();
	form.remove();
	return { done: true };
}

function follow(href: string): void {
	const link = el("a", { href, hidden: "" });
	document.body.append(link);
	link.click();
	link.remove();
}

function showCommands(room: number): void {
	const rows = commandsOf(room).map((c) => el("div", {}, el("dt", {}, c.hint()), el("dd", {}, el("kbd", {}, "/" + c.name))));
	const done = el("button", { class: "button", autofocus: "" }, t("keys.done"));
	openDialog(t("slash.title"), "keys", el("h2", {}, t("slash.title")), el("dl", {}, ...rows), el("p", { class: "hint" }, t("slash.escape")), el("form", { method: "dialog", class: "dialog-buttons" }, done));
}
