// Sends what is written, in order: over the socket, or by an ordinary request
// when there is none. What is not acknowledged stays, and is sent again.

import { api, Problem } from "./api";
import { el } from "./dom";
import type { Live } from "./live";
import type { MessageLog } from "./log";
import { newID, Outbox, type Waiting } from "./outbox";
import { viewer, viewerName } from "./page";
import { t } from "./text";

const pause = 1500; // milliseconds, after being asked to slow down

export class Sender {
	private outbox: Outbox;
	private sending: string | null = null;

	constructor(
		private room: number,
		private log: MessageLog,
		private live: Live,
		private signal: AbortSignal,
		private giveBack: (body: string) => void, // of a message that is discarded
	) {
		this.outbox = new Outbox(String(room));
		for (const w of this.outbox.waiting()) this.show(w);
		live.on("ack", (f) => this.acknowledged(f.client_message_id), signal);
		live.on("error", (f) => f.client_message_id && this.refused(f.client_message_id, f.code, f.detail), signal);
		live.on("disconnected", () => (this.sending = null), signal);
	}

	/** Takes a message: from here on it is kept until the server has it. */
	send(body: string, replyTo: number): void {
		const w: Waiting = { id: newID(), room: String(this.room), body, replyTo };
		this.outbox.add(w);
		this.show(w);
		this.flush();
	}

	/** Sends what waits, one at a time, so that order is kept. */
	flush(): void {
		if (this.sending || this.signal.aborted) return;
		const next = this.outbox.waiting().find((w) => !w.failed);
		if (!next) return;
		this.sending = next.id;
		const sent = this.live.send({ type: "post", room_id: this.room, body: next.body, client_message_id: next.id, ...(next.replyTo ? { reply_to: next.replyTo } : {}) });
		if (!sent) {
			this.sending = null;
			if (navigator.onLine && !this.live.open) void this.sendByHTTP(next);
		}
	}

	/** Without a socket it still goes, as an ordinary request. */
	private async sendByHTTP(w: Waiting): Promise<void> {
		this.sending = w.id;
		try {
			await api("POST", `/rooms/${this.room}/messages`, { body: w.body, client_message_id: w.id, ...(w.replyTo ? { reply_to: w.replyTo } : {}) });
			this.acknowledged(w.id);
		} catch (error) {
			this.sending = null;
			if (error instanceof Problem && error.status < 500 && error.status !== 429) this.refused(w.id, error.code, error.message);
			// else it is sent when the socket is back
		}
	}

	acknowledged(client: string): void {
		if (this.outbox.find(client)) this.outbox.remove(client);
		if (this.sending === client) this.sending = null;
		this.flush();
	}

	private refused(client: string, code: string, detail: string): void {
		if (this.sending === client) this.sending = null;
		const w = this.outbox.find(client);
		if (!w) return;
		if (code === "rate_limited" || code === "overloaded") {
			window.setTimeout(() => this.flush(), pause);
			return;
		}
		w.failed = detail;
		this.showFailure(w);
		this.flush();
	}

	// — On screen —

	private show(w: Waiting): void {
		if (this.log.pending(w.id)) return;
		const body = el("div", { class: "body" }, el("p", { dir: "auto" }, w.body));
		this.log.appendPending(
			el(
				"article",
				{ class: "message pending", "data-client": w.id, "data-creator": viewer },
				el("img", { class: "avatar", src: document.querySelector<HTMLImageElement>(".me img")?.src ?? "", alt: "", width: "36", height: "36" }),
				el("div", { class: "content" }, el("header", {}, el("span", { class: "author" }, viewerName), el("span", { class: "time" }, el("time", { datetime: new Date().toISOString() }))), body),
			),
		);
	}

	private showFailure(w: Waiting): void {
		const article = this.log.pending(w.id);
		if (!article || article.querySelector(".failure")) return;
		const again = el("button", { type: "button", class: "button" }, t("retry"));
		const discard = el("button", { type: "button", class: "button" }, t("discard"));
		const failure = el("div", { class: "failure", role: "alert" }, `${t("failed")} ${w.failed}`, again, discard);
		article.classList.add("failed");
		article.querySelector(".content")!.append(failure);
		again.addEventListener("click", () => {
			delete w.failed;
			failure.remove();
			article.classList.remove("failed");
			this.flush();
		});
		discard.addEventListener("click", () => {
			this.outbox.remove(w.id);
			article.remove();
			this.giveBack(w.body);
		});
	}
}
