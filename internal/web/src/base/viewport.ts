// The height that is left above the keyboard of a phone. Browsers that shrink
// the page themselves (interactive-widget in the head) agree with it; Safari
// lays its keyboard over the page and says so only here.

/** Keeps --viewport at the height that can be seen; to be called once. */
export function followViewport(): void {
	const seen = window.visualViewport;
	if (!seen) return;
	const fit = () => {
		if (seen.scale > 1.01) return; // zoomed in by hand: the page stays as it is
		const covered = window.innerHeight - seen.height > 1;
		if (covered) document.documentElement.style.setProperty("--viewport", `${seen.height}px`);
		else document.documentElement.style.removeProperty("--viewport");
		if (covered) window.scrollTo(0, 0);
	};
	seen.addEventListener("resize", fit);
	fit();
}
