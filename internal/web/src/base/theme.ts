// The theme of the pages on this device: the device's own unless the reader
// chose one.

/** What the pages are shown in now. */
export function darkNow(): boolean {
	const { theme } = document.documentElement.dataset;
	return theme ? theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
}

/** Shows the page in a theme. */
export function wear(theme: "light" | "dark"): void {
	document.documentElement.dataset.theme = theme;
	frame();
}

/** Gives the browser's frame the colour of a theme that is not the device's. */
export function frame(): void {
	const { theme } = document.documentElement.dataset;
	if (!theme) return;
	for (const meta of document.querySelectorAll<HTMLMetaElement>('meta[name="theme-color"]')) {
		meta.media = meta.dataset.frame === theme ? "all" : "not all";
	}
}
