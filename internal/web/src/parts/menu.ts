// A menu: arrow keys, Home and End, the first letter of an item, and Escape,
// which its popup hears.

import { el } from "../base/dom";

type Item = { label: string | HTMLElement; icon: SVGElement; danger?: boolean; act: () => void };

/** An item as it stands in a menu. */
export function menuItem({ label, icon, danger = false, act }: Item): HTMLElement {
	const item = el("button", { type: "button", role: "menuitem", tabindex: "-1", class: danger ? "menu-item danger" : "menu-item" }, icon, typeof label === "string" ? el("span", {}, label) : label);
	item.addEventListener("click", act);
	return item;
}

/**
 * A menu of items; a row of them is one step for the up and down keys. Of one
 * that was opened by a pointer, the item that has the focus is marked from the
 * first key on.
 */
export function menu(label: string, pointed: boolean, ...content: HTMLElement[]): HTMLElement {
	const list = el("div", { role: "menu", class: pointed ? "menu-list pointed" : "menu-list", "aria-label": label }, ...content);
	list.addEventListener("keydown", (event) => {
		list.classList.remove("pointed");
		const items = [...list.querySelectorAll<HTMLElement>("[role^=menuitem]")];
		const at = items.indexOf(document.activeElement as HTMLElement);
		const next = step(items, at, event);
		if (!next) return;
		event.preventDefault();
		next.focus();
	});
	return list;
}

function step(items: HTMLElement[], at: number, event: KeyboardEvent): HTMLElement | undefined {
	const row = (i: number) => items[i]?.closest(".menu-row");
	const from = (i: number, by: 1 | -1) => (i + by + items.length) % items.length;
	switch (event.key) {
		case "Home":
			return items[0];
		case "End":
			return items.at(-1);
		case "ArrowDown":
		case "ArrowUp": {
			const by = event.key === "ArrowDown" ? 1 : -1;
			let i = from(at, by);
			while (at >= 0 && row(i) && row(i) === row(at) && i !== at) i = from(i, by);
			while (by < 0 && row(i) && row(i) === row(i - 1)) i--; // a row is entered at its beginning
			return items[i];
		}
		case "ArrowLeft":
		case "ArrowRight": {
			if (at < 0 || !row(at)) return undefined;
			const forward = (event.key === "ArrowRight") === (getComputedStyle(items[at]).direction === "ltr");
			const i = from(at, forward ? 1 : -1);
			return row(i) === row(at) ? items[i] : undefined;
		}
	}
	if (event.key.length !== 1 || event.ctrlKey || event.metaKey || event.altKey) return undefined;
	const letter = event.key.toLocaleLowerCase();
	return [...items.slice(at + 1), ...items.slice(0, at + 1)].find((item) => item.textContent!.trim().toLocaleLowerCase().startsWith(letter));
}
