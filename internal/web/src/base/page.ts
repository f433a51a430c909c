// What the page says about itself: where it lives and who looks at it.

export const base = document.body.dataset.base ?? "";
export const viewer = document.body.dataset.viewer ?? "";
export let viewerName = document.body.dataset.viewerName ?? "";

/** Gives the reader another name, or rather says that they have it. */
export function renameViewer(name: string): void {
	viewerName = name;
}

export const administrator = document.body.hasAttribute("data-administrator");

/** Where to sign in, to come back to this page. */
export function signInPath(): string {
	return `${base}/login?next=${encodeURIComponent(location.pathname.slice(base.length) + location.search)}`;
}
