// The theme of the pages on this device: the device's own unless the reader
// chose one.

/** What the pages are shown in now. */
export function darkNow(): boolean {
	const { theme } = document.documentElement.dataset;
	return theme ? theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
}

const key = "campfire.theme"; // what all tabs wear: a channel would keep the page from being come back to

/** Shows the page in a theme, and those of the other tabs; none is the device's. */
export function wear(theme: string): void {
	if (theme) document.documentElement.dataset.theme = theme;
	else delete document.documentElement.dataset.theme;
	frame();
	tell(theme);
}

function tell(theme: string): void {
	try {
		localStorage.setItem(key, theme);
	} catch {
		// no room, or no store: other tabs follow when they are loaded
	}
}

/** Shows the page in whatever theme another tab takes. A page that has just been loaded has the one that holds. */
export function followTheme(): void {
	const { dataset } = document.documentElement;
	tell(dataset.theme ?? "");
	window.addEventListener("storage", (event) => {
		if (event.key !== key || event.newValue === (dataset.theme ?? "")) return;
		if (event.newValue === "light" || event.newValue === "dark") dataset.theme = event.newValue;
		else delete dataset.theme;
		frame();
	});
}

/** Gives the browser's frame the colour of the theme. */
export function frame(): void {
	const { theme } = document.documentElement.dataset;
	for (const meta of document.querySelectorAll<HTMLMetaElement>('meta[name="theme-color"]')) {
		if (theme) meta.media = meta.dataset.frame === theme ? "all" : "not all";
		else meta.media = `(prefers-color-scheme: ${meta.dataset.frame})`;
	}
}
