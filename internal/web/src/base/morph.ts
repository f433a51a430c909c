// Making one tree of elements like another, keeping the nodes that are in
// both: with them what has the focus, what is scrolled and what listens.

/** Attributes that the browser's code sets, and the server knows nothing of. */
const live = /^(data-live-|aria-description$|aria-expanded$|open$)/;

/**
 * Makes from like to. Children are told apart by data-room or id, else by their
 * kind and order; those for which keep says so stay as they are.
 */
export function morph(from: Element, to: Element, keep: (from: Element, to: Element) => boolean = () => false): void {
	const focused = document.activeElement as HTMLElement | null;
	change(from, to, keep);
	if (focused !== document.activeElement && focused?.isConnected) focused.focus({ preventScroll: true });
}

function change(from: Element, to: Element, keep: (from: Element, to: Element) => boolean): void {
	if (keep(from, to)) return;
	for (const { name } of [...from.attributes]) if (!to.hasAttribute(name) && !live.test(name)) from.removeAttribute(name);
	for (const { name, value } of to.attributes) if (from.getAttribute(name) !== value && !live.test(name)) from.setAttribute(name, value);
	const keyed = new Map<string, Node>();
	for (const child of from.childNodes) if (key(child)) keyed.set(key(child), child);
	let next = from.firstChild;
	for (const want of [...to.childNodes]) {
		const have = key(want) ? keyed.get(key(want)) : alike(next, want);
		if (!have) {
			from.insertBefore(document.importNode(want, true), next);
			continue;
		}
		if (have === next) next = next.nextSibling;
		else from.insertBefore(have, next);
		if (have instanceof Element) change(have, want as Element, keep);
		else if (have.nodeValue !== want.nodeValue) have.nodeValue = want.nodeValue;
	}
	while (next) {
		const gone = next;
		next = next.nextSibling;
		gone.remove();
	}
}

/** The first node from here on that is of the same kind and has no name of its own. */
function alike(from: Node | null, want: Node): Node | null {
	while (from && (key(from) || from.nodeName !== want.nodeName)) from = from.nextSibling;
	return from;
}

function key(node: Node): string {
	if (!(node instanceof HTMLElement)) return "";
	return node.dataset.room ?? node.querySelector<HTMLElement>(":scope > [data-room]")?.dataset.room ?? node.id;
}
