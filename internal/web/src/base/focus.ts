// What can have the focus.

/** The elements of a part of the page that Tab comes to, in order. */
export function focusable(root: ParentNode): HTMLElement[] {
	return [...root.querySelectorAll<HTMLElement>('a[href], button:not([disabled]), input:not([disabled], [type="hidden"]), select, textarea, summary, [tabindex]:not([tabindex="-1"])')].filter((e) => e.checkVisibility());
}

/** Gives the focus to the first field of a part of the page, else to its first control. */
export function focusIn(part: HTMLElement): boolean {
	const all = focusable(part);
	const first = all.find((e) => e.matches("input, select, textarea")) ?? all[0];
	first?.focus({ preventScroll: true });
	return first !== undefined;
}

/** Does what may take an element away; if it had the focus, that goes to another. */
export function keepFocus(act: () => void, home: () => HTMLElement | null | undefined): void {
	const had = document.activeElement;
	act();
	const now = document.activeElement;
	// What is hidden has the focus until the page is next laid out.
	const lost = now === had ? had?.closest("[hidden]") : !now || now === document.body;
	if (had && had !== document.body && lost) home()?.focus({ preventScroll: true });
}

/** Whether one writes into an element. */
export function writing(target: EventTarget | null): boolean {
	return target instanceof HTMLElement && (target.isContentEditable || target.matches("textarea, select, input:not([type=checkbox], [type=radio], [type=button], [type=submit], [type=range], [type=color])"));
}
