// Small things that several parts use.

const texts: Record<string, string> = JSON.parse(document.body.dataset.texts || "{}");

/** A text of the catalogue, with {name} filled in. */
export function t(key: string, values: Record<string, string> = {}): string {
	return (texts[key] ?? key).replace(/\{(\w+)\}/g, (_, name: string) => values[name] ?? "");
}

export const base = document.body.dataset.base ?? "";
export const viewer = document.body.dataset.viewer ?? "";
export const viewerName = document.body.dataset.viewerName ?? "";
export const administrator = document.body.hasAttribute("data-administrator");

/** An element with attributes and children. */
export function el(tag: string, attributes: Record<string, string> = {}, ...children: (Node | string)[]): HTMLElement {
	const e = document.createElement(tag);
	for (const [k, v] of Object.entries(attributes)) e.setAttribute(k, v);
	e.append(...children);
	return e;
}

/** The elements of a fragment that the server rendered. */
export function parse(html: string): HTMLElement[] {
	const template = document.createElement("template");
	template.innerHTML = html;
	return [...template.content.children] as HTMLElement[];
}

/** An error that the server explained. */
export class Problem extends Error {
	constructor(
		readonly status: number,
		readonly code: string,
		detail: string,
		readonly retryAfter: number,
	) {
		super(detail);
	}
}

/** Calls the JSON API. */
export async function api(method: string, path: string, body?: unknown): Promise<any> {
	const response = await fetch(base + "/api" + path, {
		method,
		headers: body === undefined ? { Accept: "application/json" } : { Accept: "application/json", "Content-Type": "application/json" },
		body: body === undefined ? undefined : JSON.stringify(body),
	});
	if (response.status === 204) return null;
	const answer = await response.json().catch(() => ({}));
	if (!response.ok) {
		throw new Problem(response.status, answer.code ?? "", answer.detail ?? response.statusText, Number(response.headers.get("Retry-After") ?? 0));
	}
	return answer;
}

/** The page's language; where the reader's browser knows it as spoken somewhere, that. */
export const locale = navigator.languages.find((l) => l.split("-")[0] === document.documentElement.lang) ?? document.documentElement.lang;

/** The text of a number of things: key.one, key.other, … as the language has it. */
export function tn(key: string, n: number, values: Record<string, string> = {}): string {
	const form = `${key}.${new Intl.PluralRules(locale).select(n)}`;
	return t(form in texts ? form : key + ".other", { n: new Intl.NumberFormat(locale).format(n), ...values });
}

/** Puts the page's language in place of the words in messages, which come the same to everyone. */
export function translate(root: ParentNode): void {
	if (document.documentElement.lang === "en") return;
	for (const e of root.querySelectorAll<HTMLElement>("[data-t]")) {
		e.textContent = t(e.dataset.t!);
		e.removeAttribute("data-t");
	}
	for (const e of root.querySelectorAll<HTMLElement>("[data-t-label]")) {
		e.setAttribute("aria-label", t(e.dataset.tLabel!));
		e.removeAttribute("data-t-label");
	}
}

const clock = new Intl.DateTimeFormat(locale, { hour: "numeric", minute: "2-digit" });
const full = new Intl.DateTimeFormat(locale, { dateStyle: "medium", timeStyle: "short" });
const dayName = new Intl.DateTimeFormat(locale, { weekday: "long", day: "numeric", month: "long", year: "numeric" });

/** Shows times as the reader's clock does. */
export function localTimes(root: ParentNode): void {
	for (const time of root.querySelectorAll<HTMLTimeElement>("time[datetime]")) {
		const at = new Date(time.dateTime);
		time.textContent = (time.dataset.format === "date" ? full : clock).format(at);
		time.title = full.format(at);
	}
}

/** What a day is called. */
export function dayOf(at: Date): string {
	const days = Math.round((startOfDay(new Date()) - startOfDay(at)) / 86400000);
	if (days === 0) return t("today");
	if (days === 1) return t("yesterday");
	return dayName.format(at);
}

function startOfDay(at: Date): number {
	return new Date(at.getFullYear(), at.getMonth(), at.getDate()).getTime();
}

/** Lets buttons copy a text. */
export function copyButtons(): void {
	document.addEventListener("click", (event) => {
		const button = (event.target as Element).closest<HTMLElement>("[data-copy]");
		if (!button) return;
		event.preventDefault();
		void navigator.clipboard?.writeText(button.dataset.copy ?? "").then(() => {
			const before = button.textContent;
			button.textContent = t("copied");
			setTimeout(() => (button.textContent = before), 1500);
		});
	});
}

/** A number that no other message has. */
export function newID(): string {
	const bytes = crypto.getRandomValues(new Uint8Array(12));
	return Array.from(bytes, (b) => b.toString(16).padStart(2, "0")).join("");
}
