// How much waits for the reader, where it is seen from outside of the page:
// in its title, on the tab's icon and on the application's.

let title = document.title;
let count = 0;

/** Says what the page is called. */
export function setTitle(text: string): void {
	title = text;
	show();
}

/** Says how many messages are for the reader: mentions, and all of directs. */
export function setCount(n: number): void {
	if (n === count) return;
	count = n;
	show();
	const link = document.querySelector<HTMLLinkElement>('link[rel="icon"]');
	const href = n > 0 ? link?.dataset.unread : link?.dataset.read;
	if (link && href && link.getAttribute("href") !== href) link.setAttribute("href", href);
	if (navigator.setAppBadge) void (n > 0 ? navigator.setAppBadge(n) : navigator.clearAppBadge()).catch(() => undefined); // not everywhere allowed
}

function show(): void {
	document.title = count > 0 ? `(${counted(count)}) ${title}` : title;
}

const most = 1000; // the server counts no further

/** A number of messages, as it is shown. */
export function counted(n: number): string {
	return n >= most ? `${most - 1}+` : String(n);
}
