// What Markdown a message may hold, shown as a list to choose from.

import { el } from "../base/dom";
import { t } from "../base/text";
import { insert, prefix, wrap } from "./field";

type Format = { name: string; source: string; shown?: string; apply: (input: HTMLTextAreaElement) => void };

/** The list; an entry is applied to the selection of a field. */
export function formats(input: HTMLTextAreaElement, done: () => void): HTMLElement {
	const all: Format[] = [
		{ name: t("rich.bold"), source: "**…**", shown: "b", apply: (i) => wrap(i, "**") },
		{ name: t("rich.italic"), source: "_…_", shown: "em", apply: (i) => wrap(i, "_") },
		{ name: t("rich.strike"), source: "~~…~~", shown: "del", apply: (i) => wrap(i, "~~") },
		{ name: t("rich.code"), source: "`…`", shown: "code", apply: (i) => wrap(i, "`") },
		{ name: t("rich.block"), source: "``` … ```", shown: "code", apply: (i) => wrap(i, "```\n", "\n```") },
		{ name: t("rich.link"), source: "[…](https://…)", apply: link },
		{ name: t("rich.quote"), source: "> …", apply: (i) => prefix(i, () => "> ") },
		{ name: t("rich.list"), source: "- …", apply: (i) => prefix(i, () => "- ") },
		{ name: t("rich.numbers"), source: "1. …", apply: (i) => prefix(i, (n) => `${n}. `) },
		{ name: t("rich.heading"), source: "# …", apply: (i) => prefix(i, () => "# ") },
	];
	const list = el("div", { class: "formats" });
	for (const f of all) {
		const button = el("button", { type: "button", class: "menu-item" }, el(f.shown ?? "span", {}, f.name), el("kbd", { dir: "ltr" }, f.source));
		button.addEventListener("click", () => {
			done();
			f.apply(input);
		});
		list.append(button);
	}
	list.append(el("p", { class: "hint" }, t("rich.keys")));
	return list;
}

function link(input: HTMLTextAreaElement): void {
	const { selectionStart, selectionEnd, value } = input;
	const words = value.slice(selectionStart, selectionEnd);
	insert(input, `[${words}](https://)`);
	const at = words ? selectionStart + words.length + 3 : selectionStart + 1;
	input.setSelectionRange(at, words ? at + "https://".length : at);
}
