// The strip of pings, which goes on beyond the sidebar's edges: there it is soft,
// and a wheel that turns over it moves it along.

/** Follows how far the strip is scrolled; to be called once. The result looks again, after its rows have changed. */
export function strip(sidebar: HTMLElement): () => void {
	const list = () => sidebar.querySelector<HTMLElement>(".strip");
	const look = () => {
		const e = list();
		if (!e) return;
		const beyond = e.scrollWidth - e.clientWidth;
		const from = getComputedStyle(e).direction === "rtl" ? beyond + e.scrollLeft : e.scrollLeft; // the left edge, in pixels
		const more = [from > 1 ? "left" : "", from < beyond - 1 ? "right" : ""].filter(Boolean).join(" ");
		if (e.dataset.liveMore !== more) e.dataset.liveMore = more;
	};
	// The strip may be another after the list has changed; its events are heard here.
	sidebar.addEventListener("scroll", (event) => (event.target as Element).matches?.(".strip") && look(), { capture: true, passive: true });
	new ResizeObserver(look).observe(sidebar);
	const e = list();
	e?.addEventListener(
		"wheel",
		(event) => {
			if (event.ctrlKey || Math.abs(event.deltaX) >= Math.abs(event.deltaY)) return; // it moves by itself
			const by = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? event.deltaY * 20 : event.deltaY;
			const before = e.scrollLeft;
			e.scrollLeft += getComputedStyle(e).direction === "rtl" ? -by : by;
			if (e.scrollLeft !== before) event.preventDefault(); // at its end the list of rooms goes on
		},
		{ passive: false },
	);
	look();
	return look;
}
