// Being told of messages while no page is open: this browser's subscription at
// its push service, and that the server has the same.

import { api, explain } from "../base/api";
import { el } from "../base/dom";
import { base, viewer } from "../base/page";
import { t } from "../base/text";
import { openDialog } from "../parts/dialog";
import { toast } from "../parts/toast";

/** How it stands with this browser. */
export type PushState =
	| "unsupported"
	| "install" // on iOS: only what is on the home screen may
	| "denied"
	| "off"
	| "on";

const mine = "campfire.push"; // whose browser it is told of in the browser's storage

export class Push {
	state: PushState = able();
	private changed: (() => void)[] = [];

	constructor() {
		void this.check();
		// Whoever signs out hears nothing here any more, and neither does who comes after.
		document.addEventListener("submit", (event) => {
			if ((event.target as HTMLFormElement).action.endsWith("/logout")) void this.end();
		});
	}

	/** Calls f whenever the state has changed. */
	onChange(f: () => void): void {
		this.changed.push(f);
	}

	/** Whether it was ever turned on here, or at least tried. */
	get tried(): boolean {
		return stored() !== null;
	}

	/** Asks the reader and subscribes; it must come of a press. */
	async enable(): Promise<void> {
		store(stored() ?? "");
		const now = able(); // the reader may have changed the browser's mind meanwhile
		if (now !== "off") {
			this.become(now);
			help(now);
			return;
		}
		if ((await Notification.requestPermission()) !== "granted") {
			this.become(able());
			help("denied");
			return;
		}
		try {
			await this.subscribe();
			toast(t("push.on"));
		} catch (error) {
			toast(error instanceof DOMException ? t("push.failed") : explain(error), { error: true });
		}
	}

	/** Ends this browser's subscription. */
	async end(): Promise<void> {
		store("");
		const subscription = await (await worker())?.pushManager.getSubscription();
		await subscription?.unsubscribe();
		this.become(able());
	}

	/**
	 * Compares what the browser has with what the server has. Browsers end
	 * subscriptions without a word, iOS most of all; and keys may be others.
	 */
	private async check(): Promise<void> {
		if (this.state !== "off" || Notification.permission !== "granted") return;
		const subscription = await (await worker())?.pushManager.getSubscription();
		if (stored() !== viewer) {
			await subscription?.unsubscribe(); // it was someone else's
			return;
		}
		await this.subscribe().catch(() => undefined); // the next page tries again
	}

	private async subscribe(): Promise<void> {
		const registration = await navigator.serviceWorker.ready;
		const { key } = await api("GET", "/push/key");
		let subscription = await registration.pushManager.getSubscription();
		if (subscription && encoded(subscription.options.applicationServerKey) !== key) {
			await subscription.unsubscribe();
			subscription = null;
		}
		subscription ??= await registration.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: key });
		try {
			await api("POST", "/users/me/push_subscriptions", subscription.toJSON());
		} catch (error) {
			await subscription.unsubscribe();
			throw error;
		}
		store(viewer);
		this.become("on");
	}

	private become(state: PushState): void {
		if (state === this.state) return;
		this.state = state;
		for (const f of this.changed) f();
	}
}

/** What the browser can do. */
function able(): PushState {
	// Only Safari on iOS has the property; it is false in a tab.
	if ((navigator as { standalone?: boolean }).standalone === false) return "install";
	if (!("serviceWorker" in navigator) || !("PushManager" in window) || !("Notification" in window)) return "unsupported";
	return Notification.permission === "denied" ? "denied" : "off";
}

async function worker(): Promise<ServiceWorkerRegistration | undefined> {
	return navigator.serviceWorker?.getRegistration(`${base}/`);
}

/** Says what the reader can do about it. */
function help(state: "unsupported" | "install" | "denied" | "on"): void {
	if (state === "on") return;
	const text = { unsupported: () => t("push.unsupported"), install: () => t("push.install"), denied: () => t("push.denied") }[state]();
	const close = el("button", { class: "button primary", value: "", autofocus: "" }, t("dialog.close"));
	openDialog(t("push.help"), "question", el("form", { method: "dialog" }, el("h2", {}, t("push.help")), el("p", {}, text), el("div", { class: "dialog-buttons" }, close)));
}

/** Takes the notifications of a room off this device's screen; of all rooms for which gone holds. */
export async function closeNotifications(gone: (room: number) => boolean): Promise<void> {
	const registration = await worker();
	for (const n of (await registration?.getNotifications?.()) ?? []) {
		const room = (n.data as { room?: number } | null)?.room;
		if (room !== undefined && gone(room)) n.close();
	}
}

/** Bytes in base64 for URLs, as the server writes keys. */
function encoded(bytes: ArrayBuffer | null): string {
	return btoa(String.fromCharCode(...new Uint8Array(bytes ?? new ArrayBuffer(0))))
		.replaceAll("+", "-")
		.replaceAll("/", "_")
		.replaceAll("=", "");
}

function stored(): string | null {
	try {
		return localStorage.getItem(mine);
	} catch {
		return null;
	}
}

function store(user: string): void {
	try {
		localStorage.setItem(mine, user);
	} catch {
		// it is asked again, then
	}
}
