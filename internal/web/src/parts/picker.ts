// The emoji picker: a search, those used last, and all by group. Its data is
// loaded when it is first opened, and what is out of sight is not laid out.

import { el } from "../base/dom";
import { t } from "../base/text";
import { type Emoji, emojiTone, loadEmoji, recentEmoji, searchEmoji, setEmojiTone, toned, useEmoji } from "./emoji";
import { openPopup, type Close } from "./popup";

type Options = { at: Element; home: () => HTMLElement | null; choose: (char: string) => void; closed?: () => void };

/** Opens the picker beside a control. */
export function openPicker({ at, home, choose, closed }: Options): Close {
	const search = el("input", { type: "search", class: "picker-search", "aria-label": t("picker.search"), placeholder: t("picker.search"), autocomplete: "off", spellcheck: "false" }) as HTMLInputElement;
	const list = el("div", { class: "picker-list" });
	const named = el("p", { class: "picker-name", "aria-hidden": "true" });
	const tones = el("select", { class: "picker-tone", "aria-label": t("picker.tone") }, ...["✋", "✋🏻", "✋🏼", "✋🏽", "✋🏾", "✋🏿"].map((hand, tone) => el("option", { value: String(tone) }, hand))) as HTMLSelectElement;
	tones.value = String(emojiTone());
	const panel = el("div", { class: "picker" }, el("div", { class: "picker-head" }, search, tones), list, named);
	const close = openPopup(panel, { label: t("picker"), at, home, closed });
	const pick = (char: string) => {
		useEmoji(char);
		close(true);
		choose(char);
	};
	search.focus({ preventScroll: true });
	tones.addEventListener("change", () => {
		setEmojiTone(Number(tones.value));
		search.dispatchEvent(new Event("input")); // they are shown again
	});
	void fill(list, search).catch(() => list.replaceChildren(el("p", { class: "hint", role: "alert" }, t("gone"))));

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

async function fill(list: HTMLElement, search: HTMLInputElement): Promise<void> {
	const emoji = await loadEmoji();
	const byChar = new Map(emoji.map((e) => [plain(e.char), e]));
	const groups = new Map<string, Emoji[]>();
	for (const e of emoji) {
		const group = groups.get(e.group);
		if (group) group.push(e);
		else groups.set(e.group, [e]);
	}
	let shown = 0; // of the ways to fill the list, the latest
	const show = () => {
		const turn = ++shown;
		const query = search.value.trim();
		if (query !== "") {
			const found = searchEmoji(emoji, query).slice(0, 200);
			list.replaceChildren(found.length > 0 ? section(t("picker.found"), found) : el("p", { class: "hint", role: "status" }, t("picker.none")));
		} else {
			const recent = recentEmoji().flatMap((char) => byChar.get(plain(char)) ?? []);
			const parts = [...groups].map(([name, members]) => ({ name, members }));
			if (recent.length > 0) parts.unshift({ name: t("picker.recent"), members: recent });
			// What is on screen first comes first; the rest follows part by part.
			const [first, ...rest] = parts;
			list.replaceChildren(section(first.name, first.members));
			const follow = () => {
				const next = rest.shift();
				if (!next || turn !== shown || !list.isConnected) return;
				list.append(section(next.name, next.members));
				window.setTimeout(follow);
			};
			window.setTimeout(follow);
		}
		list.querySelector<HTMLElement>(".picker-emoji")?.setAttribute("tabindex", "0");
		list.scrollTop = 0;
	};
	search.addEventListener("input", show);
	show();
}

/** A character without its tone, and without the sign that it is a picture. */
function plain(char: string): string {
	return char.replace(/[\u{1F3FB}-\u{1F3FF}\uFE0F]/gu, "");
}

function section(name: string, members: Emoji[]): HTMLElement {
	const grid = el("div", { class: "picker-grid" });
	for (const e of members) {
		const button = document.createElement("button");
		button.type = "button";
		button.className = "picker-emoji";
		button.tabIndex = -1;
		button.setAttribute("aria-label", e.label);
		button.textContent = toned(e);
		grid.append(button);
	}
	const rows = Math.ceil(members.length / 8);
	const part = el("section", { class: "picker-group", "aria-label": name }, el("h3", { "aria-hidden": "true" }, name), grid);
	part.style.containIntrinsicBlockSize = `auto ${rows * 40 + 32}px`;
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
