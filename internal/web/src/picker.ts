// The emoji picker: a search, those used last, and all by group. Its data is
// loaded when it is first opened, and what is out of sight is not laid out.

import { el } from "./dom";
import { emojiTone, loadEmoji, recentEmoji, searchEmoji, setEmojiTone, toned, useEmoji, type Emoji } from "./emoji";
import { openPopup, type Close } from "./popup";
import { t } from "./text";

const mostFound = 200;

// What is out of sight is taken to be so large, until it is laid out: pixels.
const inRow = 8;
const rowHeight = 40;
const heading = 30;

type Options = { at: Element; home: () => HTMLElement | null; choose: (char: string) => void; closed?: () => void };

/** Opens the picker beside a control. */
export function openPicker({ at, home, choose, closed }: Options): Close {
	const search = el("input", { type: "search", class: "picker-search", "aria-label": t("picker.search"), placeholder: t("picker.search"), autocomplete: "off", spellcheck: "false" }) as HTMLInputElement;
	const list = el("div", { class: "picker-list" });
	const named = el("p", { class: "picker-name", "aria-hidden": "true" });
	const tones = el("div", { class: "picker-tones", role: "group", "aria-label": t("picker.tone") });
	const panel = el("div", { class: "picker" }, search, list, el("div", { class: "picker-foot" }, named, tones));
	const close = openPopup(panel, { label: t("picker"), at, home, closed });
	const pick = (char: string) => {
		useEmoji(char);
		close(true);
		choose(char);
	};
	search.focus({ preventScroll: true });
	void fill(list, search, tones).catch(() => list.replaceChildren(el("p", { class: "hint", role: "alert" }, t("gone"))));

	list.addEventListener("click", (event) => {
		const button = (event.target as Element).closest<HTMLElement>(".picker-emoji");
		if (button) pick(button.textContent!);
	});
	for (const type of ["pointerover", "focusin"]) {
		list.addEventListener(type, (event) => {
			const button = (event.target as Element).closest(".picker-emoji");
			if (button) named.textContent = button.getAttribute("aria-label");
		});
	}
	panel.addEventListener("keydown", (event) => {
		const buttons = [...list.querySelectorAll<HTMLElement>(".picker-emoji")];
		if (event.target === search) {
			if (event.key === "Enter" && !event.isComposing) {
				event.preventDefault();
				if (search.value.trim() !== "" && buttons[0]) pick(buttons[0].textContent!);
			} else if (event.key === "ArrowDown" && buttons[0]) {
				event.preventDefault();
				focus(buttons[0]);
			}
			return;
		}
		const here = buttons.indexOf(document.activeElement as HTMLElement);
		if (here < 0) return;
		const next = step(buttons, here, event.key);
		if (next === undefined) return;
		event.preventDefault();
		if (next === "search") search.focus();
		else focus(next);
	});
	return close;
}

async function fill(list: HTMLElement, search: HTMLInputElement, tones: HTMLElement): Promise<void> {
	const emoji = await loadEmoji();
	const show = () => {
		const query = search.value.trim();
		if (query !== "") {
			const found = searchEmoji(emoji, query).slice(0, mostFound);
			list.replaceChildren(found.length > 0 ? section(t("picker.found"), found) : el("p", { class: "hint", role: "status" }, t("picker.none")));
		} else {
			const groups = new Map<string, Emoji[]>();
			for (const e of emoji) {
				const group = groups.get(e.group);
				if (group) group.push(e);
				else groups.set(e.group, [e]);
			}
			list.replaceChildren(...recent(emoji), ...[...groups].map(([name, members]) => section(name, members)));
		}
		list.querySelector<HTMLElement>(".picker-emoji")?.setAttribute("tabindex", "0");
		list.scrollTop = 0;
	};
	const hand = emoji.find((e) => e.char.startsWith("✋"));
	if (hand) {
		for (let tone = 0; tone <= 5; tone++) {
			const button = el("button", { type: "button", class: "picker-tone", "aria-label": tone === 0 ? t("picker.notone") : t("picker.tones", { n: String(tone) }), "aria-pressed": String(tone === emojiTone()) }, toned(hand, tone));
			button.addEventListener("click", () => {
				setEmojiTone(tone);
				for (const other of tones.children) other.setAttribute("aria-pressed", String(other === button));
				show();
			});
			tones.append(button);
		}
	}
	search.addEventListener("input", show);
	show();
}

/** Those used last, as they were used. */
function recent(emoji: Emoji[]): HTMLElement[] {
	const known = new Map(emoji.flatMap((e) => (e.tones ? [0, 1, 2, 3, 4, 5] : [0]).map((tone) => [toned(e, tone), e] as const)));
	const used = recentEmoji().flatMap((char) => {
		const e = known.get(char);
		return e ? [{ char, label: e.label }] : [];
	});
	return used.length > 0 ? [section(t("picker.recent"), used)] : [];
}

function section(name: string, members: (Emoji | { char: string; label: string })[]): HTMLElement {
	const grid = el("div", { class: "picker-grid" });
	for (const e of members) {
		const button = document.createElement("button");
		button.type = "button";
		button.className = "picker-emoji";
		button.tabIndex = -1;
		button.setAttribute("aria-label", e.label);
		button.textContent = "tones" in e ? toned(e) : e.char;
		grid.append(button);
	}
	const part = el("section", { class: "picker-group", "aria-label": name }, el("h3", { "aria-hidden": "true" }, name), grid);
	part.style.containIntrinsicBlockSize = `auto ${Math.ceil(members.length / inRow) * rowHeight + heading}px`;
	return part;
}

/** Where a key leads from an emoji: to another, or back to the search. */
function step(buttons: HTMLElement[], here: number, key: string): HTMLElement | "search" | undefined {
	const forward = getComputedStyle(buttons[here]).direction === "ltr" ? 1 : -1;
	switch (key) {
		case "ArrowRight":
			return buttons[here + forward];
		case "ArrowLeft":
			return buttons[here - forward];
		case "Home":
			return buttons[0];
		case "End":
			return buttons.at(-1);
		case "ArrowDown":
		case "ArrowUp": {
			const at = buttons[here].getBoundingClientRect();
			const down = key === "ArrowDown";
			const line = down ? buttons.slice(here + 1) : buttons.slice(0, here).reverse();
			const first = line.find((b) => Math.abs(b.getBoundingClientRect().top - at.top) > 4);
			if (!first) return down ? buttons.at(-1) : "search";
			const top = first.getBoundingClientRect().top;
			let best = first;
			for (const b of line.slice(line.indexOf(first))) {
				const r = b.getBoundingClientRect();
				if (Math.abs(r.top - top) > 4) break;
				if (Math.abs(r.left - at.left) < Math.abs(best.getBoundingClientRect().left - at.left)) best = b;
			}
			return best;
		}
	}
	return undefined;
}

function focus(button: HTMLElement): void {
	button.closest(".picker-list")!.querySelector(".picker-emoji[tabindex='0']")?.setAttribute("tabindex", "-1");
	button.setAttribute("tabindex", "0");
	button.focus();
}
