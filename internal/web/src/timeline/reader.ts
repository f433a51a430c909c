// What of a message depends on who reads it, where and when: messages come the
// same to everyone.

import { viewer } from "../base/page";
import { translate } from "../base/text";
import { fullTime, localTimes } from "../base/time";
import { arrangeBoosts } from "./boosts";
import { arrangeCode } from "./code";
import { arrangePreviews } from "./previews";

const together = 5 * 60_000; // of one author: grouped

/** Makes a message the reader's: their own, their mentions, their clock and language. */
export function decorate(m: HTMLElement): void {
	const at = new Date(m.querySelector("time")!.dateTime);
	m.dataset.at = String(at.getTime());
	m.classList.toggle("mine", m.dataset.creator === viewer);
	m.classList.toggle("mentioned-me", mentions(m));
	arrangeBoosts(m);
	arrangeCode(m);
	arrangePreviews(m);
	localTimes(m);
	translate(m);
	m.tabIndex = m.tabIndex === 0 ? 0 : -1; // the one that Tab stops at keeps its place when it changes
	// Whoever goes through messages by keys hears who said something when, and what.
	const body = m.querySelector(".body")!;
	body.id = `body-${m.dataset.id}`;
	name(m, at);
	const files = m.querySelector(".files");
	if (files) files.id = `files-${m.dataset.id}`;
	m.setAttribute("aria-describedby", files ? `${body.id} ${files.id}` : body.id);
	const options = m.querySelector(".options");
	options?.setAttribute("role", "button"); // here it opens a menu
	options?.setAttribute("aria-haspopup", "menu");
	within(m, m.tabIndex === 0);
}

function name(m: HTMLElement, at: Date): void {
	m.setAttribute("aria-label", `${authorOf(m)}, ${fullTime(at)}`);
}

/** Gives what someone wrote and boosted the name and the picture that they have by now. */
export function known(root: ParentNode, user: { id: number; name: string; avatar_url: string }): void {
	for (const m of root.querySelectorAll<HTMLElement>(`article.message[data-creator="${user.id}"]`)) {
		const author = m.querySelector(".author bdi") ?? m.querySelector(".author");
		if (author) author.textContent = user.name;
		const picture = m.querySelector<HTMLImageElement>("img.avatar");
		if (picture) picture.src = user.avatar_url;
		if (m.dataset.at) name(m, new Date(Number(m.dataset.at)));
	}
	for (const boost of root.querySelectorAll<HTMLElement>(`.boost[data-booster="${user.id}"]`)) {
		boost.title = user.name;
		arrangeBoosts(boost.closest("article")!);
	}
}

/** Lets the tab key stop at what is in a message, or pass over it. */
export function within(m: HTMLElement, stop: boolean): void {
	for (const e of m.querySelectorAll<HTMLElement>(".author, .time, .quote, .options, .pill, .code-copy, .picture, .file, .files video, .files audio, .preview-title, .preview-remove")) {
		if (stop) e.removeAttribute("tabindex");
		else e.tabIndex = -1;
	}
	for (const pre of m.querySelectorAll<HTMLElement>(".body pre")) pre.tabIndex = stop ? 0 : -1; // its keys scroll it
}

function mentions(m: HTMLElement): boolean {
	let any = false;
	for (const mention of m.querySelectorAll<HTMLElement>(".mention")) {
		const me = mention.dataset.userId === viewer;
		mention.classList.toggle("me", me);
		any ||= me || (mention.dataset.mention !== undefined && m.dataset.creator !== viewer);
	}
	return any;
}

export function authorOf(m: HTMLElement): string {
	return m.querySelector(".author")?.textContent ?? "";
}

/** Reports whether a message begins a day. */
export function beginsDay(m: HTMLElement, before: HTMLElement | undefined): boolean {
	return !before || dayKey(before) !== dayKey(m);
}

/** Reports whether a message continues what its author said just before. */
export function continues(m: HTMLElement, before: HTMLElement | undefined): boolean {
	if (!before || before.dataset.creator !== m.dataset.creator || m.querySelector(".quote")) return false;
	return !beginsDay(m, before) && Number(m.dataset.at) - Number(before.dataset.at) < together;
}

function dayKey(m: HTMLElement): string {
	return new Date(Number(m.dataset.at)).toDateString();
}
