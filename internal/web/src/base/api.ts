// The JSON API.

import { base } from "./page";
import { t } from "./text";

/** What an error says to a person: in the server's words, which are English and say the most, else by its code where that is known. */
export function problemText(code: string, detail: string): string {
	if (detail && document.documentElement.lang === "en") return detail.replace(/^body /, "The message ");
	const key = "problem." + code;
	const text = t(key);
	return text === key ? detail || t("gone") : text;
}

/** An error that the server explained; its message is for a person. */
export class Problem extends Error {
	constructor(
		readonly status: number,
		readonly code: string,
		readonly detail: string, // in the server's words
		readonly retryAfter: number, // seconds; zero: not said
	) {
		super(problemText(code, detail));
	}
}

/** Calls the API: a Problem when it refuses, a TypeError when it can't be reached. */
export async function api(method: string, path: string, body?: unknown): Promise<any> {
	const response = await fetch(base + "/api" + path, {
		method,
		headers: body === undefined ? { Accept: "application/json" } : { Accept: "application/json", "Content-Type": "application/json" },
		body: body === undefined ? undefined : JSON.stringify(body),
	});
	if (response.status === 204) return null;
	const answer = await response.json().catch(() => ({}));
	if (!response.ok) {
		throw new Problem(response.status, answer.code ?? "", answer.detail ?? "", Number(response.headers.get("Retry-After") ?? 0));
	}
	return answer;
}

/** What went wrong, for a person. */
export function explain(error: unknown): string {
	return error instanceof Problem ? error.message : t("gone");
}
