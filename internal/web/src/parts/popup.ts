// What opens over the page beside a control: a menu, a picker. On a phone it
// is a sheet at the foot of the screen.

import { el } from "../base/dom";
import { cover } from "./back";
import { openDialog } from "./dialog";
import { swipeDown } from "./swipe";

const margin = 8; // pixels to the window's edges
const gap = 4; // pixels to the control

type Options = {
	label: string;
	at: Element; // the control
	home: () => HTMLElement | null; // where the focus goes when it is given back
	closed?: () => void;
};

/** Closes what is open; giveBack says whether the focus goes home. */
export type Close = (giveBack?: boolean) => void;

let current: Close | null = null;

/** Reports whether what opens is a sheet here: on a wide screen it would lie far from what it is of. */
function sheets(): boolean {
	return matchMedia("(max-width: 599px)").matches;
}

/** Shows content beside a control, in place of what was open before. */
export function openPopup(content: HTMLElement, { label, at, home, closed }: Options): Close {
	current?.();
	const over = new AbortController();
	const { signal } = over;
	const end = (giveBack: boolean) => {
		if (signal.aborted) return;
		over.abort();
		current = null;
		closed?.();
		if (giveBack) home()?.focus();
	};
	if (sheets()) {
		const sheet = openDialog(label, "bottom-sheet", content);
		swipeDown(sheet, () => sheet.close());
		sheet.addEventListener("close", () => end(true), { signal });
		return (current = (giveBack) => {
			end(false);
			sheet.close();
			if (giveBack) home()?.focus();
		});
	}
	const named = content.getAttribute("role") === "menu"; // a menu says itself what it is
	const box = el("div", { class: "popup", ...(named ? {} : { role: "dialog", "aria-label": label }) }, content);
	float(box);
	const close: Close = (giveBack = false) => {
		uncover();
		box.remove();
		end(giveBack);
	};
	const uncover = cover(() => close(true));
	const settle = () => place(box, at.isConnected ? at.getBoundingClientRect() : box.getBoundingClientRect());
	settle();
	window.addEventListener("resize", settle, { signal });
	document.addEventListener(
		"scroll",
		(event) => {
			if (!box.contains(event.target as Node)) settle();
		},
		{ capture: true, passive: true, signal },
	);
	document.addEventListener(
		"pointerdown",
		(event) => {
			if (!box.contains(event.target as Node) && !at.contains(event.target as Node)) close();
		},
		{ capture: true, signal },
	);
	document.addEventListener(
		"keydown",
		(event) => {
			if (event.key === "Escape" && !event.isComposing) {
				event.preventDefault();
				event.stopPropagation();
				close(true);
			} else if (event.key === "Tab" && box.contains(event.target as Node)) {
				around(box, event);
			}
		},
		{ capture: true, signal },
	);
	return (current = close);
}

/** Closes what is open beside a control, if anything is. */
export function closePopup(): void {
	current?.();
}

/** Puts a box above all else, to be placed; it leaves the page with its parent. */
export function float(box: HTMLElement, parent: HTMLElement = document.body): void {
	box.setAttribute("popover", "manual");
	parent.append(box);
	box.showPopover?.();
}

/** Puts a box below or above a place, where there is more room, and never outside of the window. */
export function place(box: HTMLElement, at: DOMRect, prefer: "below" | "above" = "below"): void {
	const { clientWidth: width, clientHeight: height } = document.documentElement;
	box.style.maxHeight = "";
	const size = box.getBoundingClientRect();
	const below = height - at.bottom - gap - margin;
	const above = at.top - gap - margin;
	const down = prefer === "below" ? size.height <= below || below >= above : size.height > above && below > above;
	const room = Math.max(down ? below : above, 0);
	const high = Math.min(size.height, room);
	box.style.maxHeight = `${room}px`;
	const top = down ? at.bottom + gap : at.top - gap - high;
	box.style.top = `${Math.max(margin, Math.min(top, height - margin - high))}px`;
	// It begins where a wide place does, else it lies towards the middle.
	const rightward = at.width > size.width ? getComputedStyle(box).direction === "ltr" : at.left + at.width / 2 <= width / 2;
	const left = rightward ? at.left : at.right - size.width;
	box.style.left = `${Math.max(margin, Math.min(left, width - margin - size.width))}px`;
}

/** Keeps Tab inside of a box. */
function around(box: HTMLElement, event: KeyboardEvent): void {
	const stops = [...box.querySelectorAll<HTMLElement>("button, input, select, a[href]")].filter((e) => e.tabIndex >= 0 && e.checkVisibility());
	const edge = event.shiftKey ? stops[0] : stops.at(-1);
	if (document.activeElement !== edge) return;
	event.preventDefault();
	(event.shiftKey ? stops.at(-1) : stops[0])?.focus();
}
