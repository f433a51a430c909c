// What can have the focus.

/** The elements of a part of the page that Tab comes to, in order. */
export function focusable(root: ParentNode): HTMLElement[] {
	return [...root.querySelectorAll<HTMLElement>('a[href], button:not([disabled]), input:not([disabled], [type="hidden"]), select, textarea, [tabindex]:not([tabindex="-1"])')].filter((e) => e.checkVisibility());
}

/** Whether one writes into an element. */
export function writing(target: EventTarget | null): boolean {
	return target instanceof HTMLElement && (target.isContentEditable || target.matches("textarea, select, input:not([type=checkbox], [type=radio], [type=button], [type=submit], [type=range], [type=color])"));
}
