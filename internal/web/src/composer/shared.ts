// Files that another application hands on. The worker takes them, as no server
// should have to before it is known whom they are for, and the composer of the
// room that is chosen takes them from it.

import { el } from "../base/dom";
import { base, viewer } from "../base/page";

/** Where the worker keeps them: see ../worker.ts. */
const kept = `campfire-shared:${base}/`;
const chosen = "campfire.shared." + viewer; // the room that they are for

const patience = 60 * 60_000; // milliseconds that files wait for a room

async function held(): Promise<File[]> {
	if (!("caches" in window) || !(await caches.has(kept))) return [];
	const cache = await caches.open(kept);
	const files: File[] = [];
	for (const request of await cache.keys()) {
		const response = (await cache.match(request))!;
		if (Date.now() - Number(response.headers.get("X-At")) > patience) {
			await caches.delete(kept);
			return [];
		}
		files.push(new File([await response.blob()], decodeURIComponent(response.headers.get("X-Name") ?? ""), { type: response.headers.get("Content-Type") ?? "" }));
	}
	return files;
}

/** Shows what files are shared, and remembers which room they are for. */
export function shareForm(root: ParentNode): void {
	const form = root.querySelector<HTMLFormElement>("form#share[data-files]");
	if (!form) return;
	const list = form.querySelector<HTMLElement>(".shared-files")!;
	void held().then((files) => {
		list.replaceChildren(...files.map((f) => el("li", {}, el("bdi", {}, f.name))));
		list.hidden = files.length === 0;
	});
	form.addEventListener("submit", (event) => sessionStorage.setItem(chosen, (event.submitter as HTMLButtonElement | null)?.value ?? ""), { capture: true });
}

/** The files that are meant for a room: they are handed over once. */
export async function takeShared(room: number): Promise<File[]> {
	if (sessionStorage.getItem(chosen) !== String(room)) return [];
	sessionStorage.removeItem(chosen);
	const files = await held();
	await caches.delete(kept);
	return files;
}
