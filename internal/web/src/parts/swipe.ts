// What came from below goes there again with a finger.

const far = 72; // pixels

/** Closes something when it is drawn down by one finger; it follows the finger meanwhile. */
export function swipeDown(box: HTMLElement, close: () => void): void {
	let from: Touch | null = null;
	let down = 0;
	const settle = () => {
		from = null;
		down = 0;
		box.style.translate = "";
	};
	box.addEventListener(
		"touchstart",
		(event) => {
			settle();
			const zoomed = (window.visualViewport?.scale ?? 1) > 1;
			if (event.touches.length === 1 && !zoomed && !scrolled(event.target as Element, box)) from = event.touches[0];
		},
		{ passive: true },
	);
	box.addEventListener(
		"touchmove",
		(event) => {
			if (!from) return;
			const x = event.touches[0].clientX - from.clientX;
			const y = event.touches[0].clientY - from.clientY;
			if (event.touches.length > 1 || (down === 0 && Math.abs(x) > y)) {
				settle(); // it is another gesture
				return;
			}
			down = Math.max(1, y);
			box.style.translate = `0 ${down}px`;
		},
		{ passive: true },
	);
	box.addEventListener("touchend", () => {
		const done = from && down > far;
		settle();
		if (done) close();
	});
	box.addEventListener("touchcancel", settle);
}

/** Whether what is under a finger is scrolled, and so moves itself. */
function scrolled(target: Element, box: Element): boolean {
	for (let e: Element | null = target; e && box.contains(e); e = e.parentElement) if (e.scrollTop > 0) return true;
	return false;
}
