// How much waits for the reader, where it is seen from outside of the page:
// in its title, on the tab's icon and on the application's.

let title = document.title;
let count = 0;
let unread = -1; // rooms

/** Says what the page is called. */
export function setTitle(text: string): void {
	title = text;
	show();
}

/** Says that what the page is called after has another name. */
export function renameTitle(from: string, to: string): void {
	if (title.startsWith(from)) setTitle(to + title.slice(from.length));
}

/**
 * Says how many messages are for the reader: mentions, and all of directs; and
 * in how many rooms something is unread, as the application's icon has it.
 */
export function setCount(n: number, rooms: number): void {
	if (rooms !== unread && navigator.setAppBadge) void (rooms > 0 ? navigator.setAppBadge(rooms) : navigator.clearAppBadge()).catch(() => undefined); // not everywhere allowed
	unread = rooms;
	if (n === count) return;
	count = n;
	show();
	const link = document.querySelector<HTMLLinkElement>('link[rel="icon"]');
	const href = n > 0 ? link?.dataset.unread : link?.dataset.read;
	if (link && href && link.getAttribute("href") !== href) link.setAttribute("href", href);
}

function show(): void {
	document.title = count > 0 ? `(${counted(count)}) ${title}` : title;
}

const most = 1000; // the server counts no further

/** A number of messages, as it is shown. */
export function counted(n: number): string {
	return n >= most ? `${most - 1}+` : String(n);
}
