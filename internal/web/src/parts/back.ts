// What lies over the page is closed by the browser's way back, on devices where
// that is at hand, before it leads to another page.
//
// One entry of the history, at the page's own address, stands for all that is
// open. It stays when what was open is closed by other means: the next that opens
// takes it over, a page that is gone to takes its place, and a step back from it
// is one step more, so that it is never felt.

const handy = matchMedia("(max-width: 899px), (pointer: coarse)");

const open: (() => void)[] = []; // how each is closed, the topmost last

/** Says how something that was opened is closed. The result is called when it is closed otherwise. */
export function cover(close: () => void): () => void {
	open.push(close);
	stand();
	return () => {
		const at = open.lastIndexOf(close);
		if (at >= 0) open.splice(at, 1);
	};
}

function stand(): void {
	if (handy.matches && !history.state?.over) history.pushState({ ...history.state, over: true }, "");
}

/** Makes an entry of the history for another page. */
export function goOn(entry: number, url: URL): void {
	if (history.state?.over) history.replaceState({ entry }, "", url);
	else history.pushState({ entry }, "", url);
}

/** Takes a step that was made in the history; false when it leads from the page's entry to another. */
export function stepped(entry: number): boolean {
	if (history.state?.entry !== entry) return false;
	if (history.state.over) return true; // forward again, to where nothing is
	const close = open.pop();
	if (!close) {
		history.back();
		return true;
	}
	close();
	if (open.length > 0) stand();
	return true;
}
