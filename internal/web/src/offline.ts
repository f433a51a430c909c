// The offline page: goes back to where the reader wanted to be as soon as the
// server answers. It stands under the address of the page that failed.

const base = document.body.dataset.base ?? "";
const longest = 30_000; // milliseconds between two tries

function back(): void {
	if (location.pathname === `${base}/offline`) location.replace(`${base}/`);
	else location.reload();
}

/** Asks whether the server is there; a reload that fails would only blink. */
async function reachable(): Promise<boolean> {
	try {
		return (await fetch(`${base}/up`, { cache: "no-store" })).ok;
	} catch {
		return false;
	}
}

let wait = 1000;
let timer = 0;

async function attempt(): Promise<void> {
	window.clearTimeout(timer);
	if (await reachable()) {
		back();
		return;
	}
	window.clearTimeout(timer); // another attempt began meanwhile
	wait = Math.min(2 * wait, longest);
	timer = window.setTimeout(() => void attempt(), wait);
}

document.getElementById("retry")!.addEventListener("click", (event) => {
	event.preventDefault();
	back();
});
window.addEventListener("online", () => void attempt());
document.addEventListener("visibilitychange", () => {
	if (!document.hidden) void attempt();
});
timer = window.setTimeout(() => void attempt(), wait);
