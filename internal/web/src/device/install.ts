// Campfire as an application of the device: the service worker, the offer to
// install.

import { el } from "../base/dom";
import { keepFocus } from "../base/focus";
import { icon } from "../base/icon";
import { base } from "../base/page";
import { t } from "../base/text";

/** What a browser sends that can install the page; no standard has it. */
interface InstallPrompt extends Event {
	prompt(): Promise<void>;
	readonly userChoice: Promise<{ outcome: "accepted" | "dismissed" }>;
}

const visitsBeforeHint = 3;
let offer: InstallPrompt | null = null;

/** Registers the worker and listens for the browser's offer; once per page. */
export function installable(): void {
	// The page comes first: the worker fetches what it keeps.
	const register = () => void navigator.serviceWorker?.register(`${base}/service-worker.js`, { scope: `${base}/`, updateViaCache: "none" }).catch(() => undefined);
	if (document.readyState === "complete") register();
	else window.addEventListener("load", register, { once: true });
	const visits = countVisit();
	window.addEventListener("beforeinstallprompt", (event) => {
		event.preventDefault();
		offer = event as InstallPrompt;
		changed();
		if (visits >= visitsBeforeHint && matchMedia("(pointer: coarse) and (max-width: 899px)").matches) hint();
	});
	window.addEventListener("appinstalled", () => {
		offer = null;
		changed();
	});
	showOffer();
}

/** Whether install would ask the reader now. */
export function canInstall(): boolean {
	return offer !== null;
}

/** Asks the reader, in the browser's own words. An offer can be used once. */
export async function install(): Promise<void> {
	const asked = offer;
	if (!asked) return;
	offer = null;
	changed();
	await asked.prompt();
}

function changed(): void {
	showOffer();
	if (!offer) document.querySelector(".install-hint")?.remove();
}

/** Fills the part of the profile page, if that is shown; it stays hidden where nothing can be done. */
export function showOffer(): void {
	const section = document.getElementById("install");
	if (!section) return;
	// Only Safari on iOS has the property, and only there nothing can be called.
	const manual = (navigator as { standalone?: boolean }).standalone === false;
	section.hidden = !offer && !manual;
	if (section.hidden) return;
	const show = (...what: HTMLElement[]) => section.replaceChildren(el("div", { class: "part-head" }, el("h2", {}, t("install"))), el("div", { class: "part-body" }, ...what));
	if (offer) show(el("p", {}, t("install.hint")), installButton("button"));
	else show(el("p", {}, t("install.manual")));
}

function installButton(kind: string): HTMLElement {
	const button = el("button", { type: "button", class: kind }, t("install"));
	button.addEventListener("click", () => void install());
	return button;
}

/** One line at the end of the sidebar's and the page's space, until it is sent away. */
function hint(): void {
	if (document.querySelector(".install-hint") || stored("dismissed")) return;
	const close = el("button", { type: "button", class: "button quiet", "aria-label": t("install.dismiss") }, icon("x"));
	const line = el("p", { class: "install-hint" }, el("span", {}, t("install.hint")), installButton("button quiet"), close);
	close.addEventListener("click", () => {
		store("dismissed", "yes");
		keepFocus(() => line.remove(), () => document.getElementById("main"));
	});
	document.getElementById("main")?.prepend(line);
}

/** Counts the visits of this browser; a visit is a tab's life. */
function countVisit(): number {
	try {
		if (!sessionStorage.getItem("campfire.visit")) {
			sessionStorage.setItem("campfire.visit", "yes");
			store("visits", String(Number(stored("visits")) + 1));
		}
	} catch {
		return 0; // no storage, no hint
	}
	return Number(stored("visits"));
}

function stored(name: string): string | null {
	try {
		return localStorage.getItem(`campfire.install.${name}`);
	} catch {
		return null;
	}
}

function store(name: string, value: string): void {
	try {
		localStorage.setItem(`campfire.install.${name}`, value);
	} catch {
		// it is asked again, then
	}
}
