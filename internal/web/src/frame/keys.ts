// Keys. One table says which there are, what they do and when; the sheet of
// keys is made of it.

import { el } from "../base/dom";
import { writing } from "../base/focus";
import { t } from "../base/text";
import { openDialog } from "../parts/dialog";

const mac = /mac|iphone|ipad/i.test(navigator.platform);

/** A key, or several that do the same kind of thing. */
export type Key = {
	shown: string[]; // "mod" is ⌘ on a Mac, else Ctrl
	label: () => string;
	/** Does what the key is for; false when that is nothing now. Without it, the key is handled elsewhere. */
	act?: (event: KeyboardEvent) => void | boolean;
	pressed?: (event: KeyboardEvent) => boolean;
	written?: boolean; // also while writing
	group: Group;
};

type Group = "go" | "room" | "composer" | "message";

const groups: Record<Group, () => string> = {
	go: () => t("keys.group.go"),
	room: () => t("keys.group.room"),
	composer: () => t("keys.group.composer"),
	message: () => t("keys.group.message"),
};

/** The keys of other parts of the page, for the sheet. */
const elsewhere: Key[] = [
	{ shown: ["Enter"], label: () => t("keys.send"), group: "composer" },
	{ shown: ["Shift+Enter"], label: () => t("keys.newline"), group: "composer" },
	{ shown: ["↑"], label: () => t("keys.editlast"), group: "composer" },
	{ shown: ["Esc"], label: () => t("keys.cancel"), group: "composer" },
	{ shown: ["↑", "↓"], label: () => t("keys.messages"), group: "message" },
	{ shown: ["Home", "End"], label: () => t("keys.ends"), group: "message" },
	{ shown: ["Enter"], label: () => t("options"), group: "message" },
	{ shown: ["R"], label: () => t("reply"), group: "message" },
	{ shown: ["E"], label: () => t("edit"), group: "message" },
];

/** Whether a key is pressed with exactly these of Ctrl or ⌘, Alt and Shift. */
export function chord(key: string, { mod = false, alt = false, shift = false } = {}): (event: KeyboardEvent) => boolean {
	return (e) => e.key.toLowerCase() === key.toLowerCase() && (mac ? e.metaKey : e.ctrlKey) === mod && (mac ? e.ctrlKey : e.metaKey) === false && e.altKey === alt && e.shiftKey === shift;
}

/** A character, however it is typed on the reader's keyboard. */
export function character(key: string): (event: KeyboardEvent) => boolean {
	return (e) => e.key === key && !e.ctrlKey && !e.metaKey && !e.altKey;
}

/** Listens for the keys of a table, the first that fits. */
export function listen(table: Key[]): void {
	const fits = (key: Key, event: KeyboardEvent) => key.act && key.pressed?.(event) && (key.written || !writing(event.target));
	let busy = false; // something is open that has keys of its own, and may close by this one
	document.addEventListener(
		"keydown",
		(event) => {
			// Looking for it goes through the whole page, which no letter is to wait for.
			busy = table.some((key) => fits(key, event)) && document.querySelector("dialog[open], .menu-box, .popup, :popover-open") !== null;
		},
		{ capture: true },
	);
	document.addEventListener("keydown", (event) => {
		if (event.defaultPrevented || event.isComposing || busy) return;
		for (const key of table) {
			if (!fits(key, event)) continue;
			if (key.act!(event) !== false) event.preventDefault();
			return;
		}
	});
}

/** How a key is called on the reader's keyboard. */
export function named(key: string): string {
	const names: Record<string, string> = mac ? { mod: "⌘", Alt: "⌥", Shift: "⇧", Enter: "↩" } : { mod: t("keys.ctrl"), Shift: t("keys.shift") };
	return key
		.split("+")
		.map((part) => names[part] ?? part)
		.join(mac ? "" : "+");
}

/** Calls the keys of a part of the page as the reader's keyboard does. */
export function nameKeys(root: ParentNode): void {
	for (const key of root.querySelectorAll<HTMLElement>("kbd[data-key]")) key.textContent = named(key.dataset.key!);
}

/** Shows all keys. */
export function showKeys(table: Key[]): void {
	const all = [...table, ...elsewhere];
	const parts = (Object.keys(groups) as Group[]).map((group) => {
		const rows = all.filter((key) => key.group === group).map((key) => el("div", {}, el("dt", {}, key.label()), el("dd", {}, ...key.shown.flatMap((k, i) => [...(i > 0 ? [" "] : []), el("kbd", {}, named(k))]))));
		return el("section", {}, el("h3", {}, groups[group]()), el("dl", {}, ...rows));
	});
	const done = el("button", { class: "button", autofocus: "" }, t("keys.done"));
	openDialog(t("keys.title"), "keys", el("h2", {}, t("keys.title")), el("div", { class: "keys-groups" }, ...parts), el("form", { method: "dialog", class: "dialog-buttons" }, done));
}
