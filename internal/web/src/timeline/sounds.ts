// Sounds that messages play: on demand, and as they come for whoever has the
// room on screen.

import { parse } from "../base/dom";
import { viewer } from "../base/page";
import { t } from "../base/text";
import { toast } from "../parts/toast";

const most = 3; // at once, of those that come by themselves
const switched = "campfire.mute." + viewer; // people who share a browser don't share it

let context: AudioContext | null = null;
let playing = 0;
let known: Promise<Record<string, string>> | null = null;
const recordings = new Map<string, Promise<AudioBuffer>>();

/** The sounds that there are: their addresses by name. */
export function loadSounds(): Promise<Record<string, string>> {
	known ??= fetch(document.body.dataset.sounds ?? "")
		.then((response) => {
			if (!response.ok) throw new Error(response.statusText);
			return response.json();
		})
		.catch((error: unknown) => {
			known = null;
			throw error;
		});
	return known;
}

/** Whether sounds are shown alone, here and for this reader. */
export function muted(): boolean {
	return localStorage.getItem(switched) !== null;
}

/** Lets no sound play by itself any more, or again. */
export function mute(on: boolean): void {
	try {
		if (on) localStorage.setItem(switched, "1");
		else localStorage.removeItem(switched);
	} catch {
		// it stays as it was
	}
	toast(on ? t("sound.muted") : t("sound.unmuted"));
	document.dispatchEvent(new Event("campfire:mute"));
}

/** Plays a sound; sign, if there is one, shows for how long. */
export async function play(address: string, sign?: Element | null): Promise<void> {
	context ??= new AudioContext();
	const { currentTime } = context;
	if (context.state === "suspended") await context.resume();
	const source = context.createBufferSource();
	source.buffer = await recording(context, address);
	source.connect(context.destination);
	playing++;
	sign?.setAttribute("data-playing", "");
	await new Promise((resolve) => {
		source.addEventListener("ended", resolve);
		source.start(Math.max(currentTime, context!.currentTime));
	});
	playing--;
	sign?.removeAttribute("data-playing");
}

function recording(context: AudioContext, address: string): Promise<AudioBuffer> {
	let found = recordings.get(address);
	if (!found) {
		found = fetch(address)
			.then((response) => (response.ok ? response.arrayBuffer() : Promise.reject(new Error(response.statusText))))
			.then((bytes) => context.decodeAudioData(bytes));
		found.catch(() => recordings.delete(address));
		recordings.set(address, found);
	}
	return found;
}

/** Plays the sound of a message that has just come, unless the reader is elsewhere, wants none, or has touched nothing yet: then the browser would not. */
export function heard(html: string): void {
	if (!html.includes(" data-sound=") || muted() || playing >= most || document.visibilityState !== "visible" || navigator.userActivation?.hasBeenActive === false) return;
	const article = parse(html)[0];
	const link = article?.querySelector<HTMLAnchorElement>(".played a[data-sound]");
	if (!link) return;
	requestAnimationFrame(() => {
		// The message is in the page by now, or on its way there.
		void play(link.href, document.querySelector(`#${CSS.escape(article!.id)} a[data-sound]`)).catch(() => undefined);
	});
}

/** Lets the buttons of messages play. */
export function soundButtons(): void {
	document.addEventListener("click", (event) => {
		const link = (event.target as Element).closest<HTMLAnchorElement>("a[data-sound]");
		if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
		event.preventDefault();
		event.stopPropagation();
		void play(link.href, link).catch(() => toast(t("gone"), { error: true }));
	}, { capture: true });
}

/** Shows, among the reader's settings, whether sounds play. */
export function soundSetting(root: ParentNode): void {
	const box = root.querySelector<HTMLInputElement>("#sounds input");
	if (!box) return;
	box.closest<HTMLElement>("#sounds")!.hidden = false;
	box.checked = !muted();
	box.addEventListener("change", () => mute(!box.checked));
}
