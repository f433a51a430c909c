// Boosts: those of one content counted together, and the ways to add one. The
// server lists them one by one, the same for every reader.

import { el } from "../base/dom";
import { keepFocus } from "../base/focus";
import { icon } from "../base/icon";
import { viewer } from "../base/page";
import { t, tn } from "../base/text";

const quick = ["👍", "👏", "👋", "💪", "❤️", "😂", "🎉", "🔥"];
const most = 16; // characters of a boost

type Choice = { choose: (content: string) => void; more: () => void };
type Pile = { names: string[]; mine: string };

const counted = new WeakMap<Element, Map<string, number>>();

/** Counts a message's boosts into pills. To be called when it comes, and after each boost that comes or goes. */
export function arrangeBoosts(message: HTMLElement): void {
	const list = message.querySelector<HTMLElement>(".boosts");
	if (!list) return;
	const piles = new Map<string, Pile>();
	for (const boost of list.querySelectorAll<HTMLElement>(".boost")) {
		const content = boost.textContent!.trim();
		const pile = piles.get(content) ?? { names: [], mine: "" };
		pile.names.push(boost.title);
		if (boost.dataset.booster === viewer) pile.mine = boost.dataset.boost!;
		piles.set(content, pile);
	}
	const before = counted.get(list);
	counted.set(list, new Map([...piles].map(([content, pile]) => [content, pile.names.length])));
	list.hidden = true;
	let pills = message.querySelector<HTMLElement>(".pills");
	if (piles.size === 0) {
		keepFocus(() => pills?.remove(), () => message);
		return;
	}
	if (!pills) list.after((pills = el("ul", { class: "pills" })));
	const old = new Map([...pills.querySelectorAll<HTMLElement>(".pill")].map((pill) => [pill.dataset.content!, pill]));
	for (const [content, pile] of piles) {
		const pill = old.get(content) ?? add(pills, content, message.tabIndex);
		old.delete(content);
		const came = before !== undefined && pile.names.length > (before.get(content) ?? 0);
		fill(pill, content, pile, came);
	}
	keepFocus(() => old.forEach((gone) => gone.parentElement!.remove()), () => message);
}

function add(pills: HTMLElement, content: string, tabIndex: number): HTMLElement {
	const pill = el("button", { type: "button", class: "pill", "data-content": content });
	pill.tabIndex = tabIndex; // Tab stops at what is in one message alone
	pill.addEventListener("animationend", () => pill.classList.remove("pop"));
	pills.append(el("li", {}, pill));
	return pill;
}

function fill(pill: HTMLElement, content: string, { names, mine }: Pile, pop: boolean): void {
	const who = names.join(", ");
	pill.setAttribute("aria-label", t("boosts", { content, n: String(names.length), names: who }));
	pill.setAttribute("aria-pressed", String(mine !== ""));
	const title = mine ? `${who}\n${t("boostdelete")}` : who; // for the eye: the label says it already
	pill.dataset.mine = mine;
	pill.replaceChildren(el("bdi", { title }, content), el("span", { class: "pill-count", title }, String(names.length)));
	if (pop) pill.classList.add("pop");
}

/** A row of the most used boosts, and a way to more. */
export function quickBoosts(label: string, role: "menuitem" | "button", { choose, more }: Choice): HTMLElement {
	const row = el("div", { class: "menu-row", role: "group", "aria-label": t("boost") });
	const button = (name: string, content: Node | string, act: () => void) => {
		const b = el("button", { type: "button", class: "quick-boost", ...(role === "menuitem" ? { role, tabindex: "-1" } : {}), ...(name ? { title: name } : {}) }, content);
		b.addEventListener("click", act);
		row.append(b);
	};
	for (const content of quick) button("", content, () => choose(content));
	button(label, icon("smile-plus"), more);
	return row;
}

/** The most used boosts, a way to all emoji, and a field for a few words. */
export function boostForm(choice: Choice): HTMLElement {
	const input = el("input", { "aria-label": t("boostlabel"), placeholder: t("boostlabel"), required: "", dir: "auto", autocomplete: "off" }) as HTMLInputElement;
	input.addEventListener("input", () => {
		const over = [...input.value.trim()].length - most;
		input.setCustomValidity(over > 0 ? tn("over", over) : "");
	});
	const form = el("form", { class: "boost-words" }, input, el("button", { class: "button" }, t("boost")));
	form.addEventListener("submit", (event) => {
		event.preventDefault();
		if (input.value.trim() !== "") choice.choose(input.value.trim());
	});
	return el("div", { class: "boost-box" }, quickBoosts(t("picker"), "button", choice), form);
}
