// The page of one's notifications: what this device can do, and what became of
// a test.

import { api } from "../base/api";
import { el } from "../base/dom";
import { base } from "../base/page";
import { t } from "../base/text";
import type { Live } from "../live/live";
import { toast } from "../parts/toast";
import type { Push } from "../device/push";

const testEvery = 500; // milliseconds between looks for a test's result
const testLooks = 30;
const unchosen = "UTC"; // the time zone of who has chosen none

/** Fills in what only the browser knows, on whichever page has a place for it. */
export function notifications(root: ParentNode, push: Push): void {
	for (const input of root.querySelectorAll<HTMLInputElement>("input[data-zone]")) {
		if (input.dataset.zone === "" && input.value === unchosen) input.value = Intl.DateTimeFormat().resolvedOptions().timeZone;
	}
	const section = root.querySelector<HTMLElement>("#this-device");
	if (!section) return;
	const show = () => {
		section.hidden = false;
		const text = { unsupported: () => t("push.unsupported"), install: () => t("push.install"), denied: () => t("push.denied"), off: () => t("push.off"), on: () => t("push.here") }[push.state]();
		section.querySelector("p")!.textContent = text;
		const button = section.querySelector<HTMLElement>("button")!;
		button.hidden = push.state !== "off" && push.state !== "on";
		button.classList.toggle("primary", push.state !== "on");
		button.textContent = push.state === "on" ? t("push.stop") : t("push.enable");
	};
	show();
	push.onChange(() => section.isConnected && show());
	section.querySelector("button")!.addEventListener("click", () => void (push.state === "on" ? push.end() : push.enable()).then(() => location.reload()));
	for (const form of root.querySelectorAll<HTMLFormElement>("form[data-test]")) {
		form.addEventListener("submit", (event) => {
			event.preventDefault();
			event.stopPropagation();
			void test(form).catch(() => toast(t("gone"), { error: true }));
		});
	}
}

/** Shows the page of one's notifications anew when they are set elsewhere, unless something is being set here. */
export function followSettings(live: Live, go: (url: string) => void): void {
	live.on("notifications_updated", () => {
		const main = document.getElementById("main")!;
		if (location.pathname !== `${base}/notifications` || main.querySelector("input:focus, select:focus, textarea:focus")) return;
		const touched = [...main.querySelectorAll<HTMLInputElement | HTMLTextAreaElement>("input:not([data-zone]), textarea")].some(
			(e) => e.value !== e.defaultValue || (e instanceof HTMLInputElement && e.checked !== e.defaultChecked),
		);
		if (!touched) go(location.pathname);
	});
}

/** Sends a test to a device and says what its push service answered. */
async function test(form: HTMLFormElement): Promise<void> {
	const id = Number(form.dataset.test);
	const at = async () => {
		const { subscriptions } = await api("GET", "/users/me/push_subscriptions");
		return subscriptions.find((s: { id: number }) => s.id === id)?.last_result ?? null;
	};
	const button = form.querySelector("button")!;
	button.disabled = true;
	try {
		const before = (await at())?.at;
		await api("POST", `/users/me/push_subscriptions/${id}/test`);
		for (let i = 0; i < testLooks; i++) {
			await new Promise((done) => setTimeout(done, testEvery));
			const result = await at();
			if (!result || result.at === before) continue;
			const note = form.closest("li")!.querySelector(".note")!;
			note.replaceChildren(el("span", { class: result.success ? "well" : "ill" }, result.success ? t("push.sent") : t("push.refused", { detail: result.detail })));
			toast(note.textContent!, { error: !result.success });
			return;
		}
		toast(t("push.slow"), { error: true });
	} finally {
		button.disabled = false;
	}
}
