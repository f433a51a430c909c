// One file on its way to the server, in pieces. What is interrupted goes on
// from where the server stands, for as long as the page is open.

import { api, Problem } from "../base/api";
import { base } from "../base/page";
import { t } from "../base/text";

const atOnce = 2; // files
const patience = 30_000; // milliseconds without a byte moving
const tries = 6; // of one piece, one after another
const pause = 1000; // milliseconds; doubled with every try

/** The bounds that the server has for files; zero: none. */
const bound = (name: string) => Number(document.getElementById("composer")?.dataset[name] ?? 0);
export const mostFiles = () => bound("maxFiles");

/**
 * waiting or sending: it will be whole without anyone's doing. stopped: it
 * can be tried again. refused: it can't be sent at all.
 */
export type State = "waiting" | "sending" | "whole" | "stopped" | "refused" | "cancelled";

const queue: Upload[] = [];
let running = 0;

function pump(): void {
	while (running < atOnce && queue.length > 0) {
		running++;
		void queue
			.shift()!
			.send()
			.finally(() => {
				running--;
				pump();
			});
	}
}

export class Upload {
	id = 0; // the server's; zero: it knows nothing of it
	sent = 0; // bytes
	state: State = "waiting";
	problem = ""; // why it is stopped or refused
	private astray = false; // where the server stands has to be asked
	private request: XMLHttpRequest | null = null;
	private changed = new Set<() => void>();

	constructor(readonly file: File) {
		const most = bound("maxUpload");
		if (most > 0 && file.size > most) this.become("refused", t("file.toolarge", { size: sizeText(most) }));
		else this.begin();
	}

	/** Begins, or goes on after it was stopped. */
	begin(): void {
		if (this.state !== "waiting" && this.state !== "stopped") return;
		this.become("waiting");
		queue.push(this);
		pump();
	}

	/** Gives the file up, here and on the server. */
	cancel(): void {
		if (this.state === "cancelled") return;
		this.become("cancelled");
		this.request?.abort();
		const at = queue.indexOf(this);
		if (at >= 0) queue.splice(at, 1);
		if (this.id) void api("DELETE", `/uploads/${this.id}`).catch(() => undefined); // it goes after a day
	}

	/** Calls f with every change, until the signal. */
	onChange(f: () => void, signal?: AbortSignal): void {
		this.changed.add(f);
		signal?.addEventListener("abort", () => this.changed.delete(f));
	}

	private become(state: State, problem = ""): void {
		this.state = state;
		this.problem = problem;
		this.tell();
	}

	private tell(): void {
		for (const f of this.changed) f();
	}

	private is(state: State): boolean {
		return this.state === state;
	}

	/** Sends what is left of it. It ends with another state than sending. */
	async send(): Promise<void> {
		if (!this.is("waiting")) return;
		this.become("sending");
		let furthest = 0; // where the server was seen to stand
		for (let failures = 0; this.is("sending"); ) {
			try {
				const { upload } = await this.step();
				if (!this.is("sending")) return;
				if (upload.offset > furthest) failures = 0;
				furthest = Math.max(furthest, upload.offset);
				this.id = upload.id;
				this.sent = upload.offset;
				this.astray = false;
				if (upload.offset === upload.byte_size) this.become("whole");
				else this.tell();
			} catch (error) {
				if (!this.is("sending")) return;
				const problem = error instanceof Problem ? error : null;
				if (problem && final(problem)) {
					this.become("refused", problem.message);
				} else if (problem?.status === 404) {
					this.id = this.sent = 0; // the server has lost it: once more from the beginning
					failures++;
				} else if (++failures > tries || problem?.status === 401) {
					this.become("stopped", problem ? problem.message : t("file.stopped"));
				} else {
					this.astray = true;
					await moment(Math.max((problem?.retryAfter ?? 0) * 1000, pause * 2 ** (failures - 1)));
				}
			}
		}
	}

	/** One request: announces the file, asks where it stands, or sends a piece. */
	private step(): Promise<{ upload: { id: number; byte_size: number; offset: number; chunk_bytes: number } }> {
		if (!this.id) return api("POST", "/uploads", { filename: this.file.name, byte_size: this.file.size });
		if (this.astray) return api("GET", `/uploads/${this.id}`);
		return this.piece();
	}

	private piece(): Promise<any> {
		return new Promise((resolve, reject) => {
			const from = this.sent;
			const most = bound("chunk") || this.file.size;
			const request = (this.request = new XMLHttpRequest());
			let silent = 0;
			const moved = () => {
				window.clearTimeout(silent);
				silent = window.setTimeout(() => request.abort(), patience);
			};
			const failed = () => reject(new TypeError("the connection failed"));
			request.open("PATCH", `${base}/api/uploads/${this.id}`);
			request.responseType = "json";
			request.setRequestHeader("Accept", "application/json");
			request.setRequestHeader("Content-Type", "application/octet-stream");
			request.setRequestHeader("Upload-Offset", String(from));
			request.upload.addEventListener("progress", (event) => {
				moved();
				this.sent = Math.min(from + event.loaded, this.file.size);
				this.tell();
			});
			request.addEventListener("load", () => {
				const answer = request.response ?? {};
				if (request.status === 200 && answer.upload) resolve(answer);
				else reject(new Problem(request.status, answer.code ?? "", answer.detail ?? "", Number(request.getResponseHeader("Retry-After") ?? 0)));
			});
			request.addEventListener("error", failed);
			request.addEventListener("abort", failed);
			request.addEventListener("loadend", () => window.clearTimeout(silent));
			moved();
			request.send(this.file.slice(from, from + most));
		});
	}
}

/** Reports whether trying again would not help. */
function final(problem: Problem): boolean {
	return [400, 403, 413, 415, 422, 507].includes(problem.status) && problem.code !== "";
}

/** Waits so long, and for there to be a network. */
async function moment(milliseconds: number): Promise<void> {
	await new Promise((resolve) => window.setTimeout(resolve, milliseconds));
	if (!navigator.onLine) await new Promise((resolve) => window.addEventListener("online", resolve, { once: true }));
}

/** A size in the units that messages have (files.go). */
export function sizeText(n: number): string {
	if (n < 1000) return `${n} B`;
	let value = n;
	for (const unit of ["kB", "MB", "GB", "TB"]) {
		value /= 1000;
		if (value < 999.5 || unit === "TB") return `${value.toFixed(value < 9.95 ? 1 : 0)} ${unit}`;
	}
	return "";
}
