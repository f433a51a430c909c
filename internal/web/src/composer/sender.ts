// Sends what is written, in order, one at a time: over the socket, or by an
// ordinary request when there is none. What is not acknowledged stays, and is
// sent again. Of several windows one sends for all.

import { api, Problem, problemText } from "../base/api";
import { el } from "../base/dom";
import { keepFocus } from "../base/focus";
import { icon } from "../base/icon";
import { viewer, viewerName } from "../base/page";
import { t } from "../base/text";
import type { Live } from "../live/live";
import type { MessageLog } from "../timeline/log";
import { newID, Outbox, type Waiting } from "./outbox";
import { discard, draft, heldFor, hold, without, watchRoom, type Parcel } from "./parcels";
import { fileRow } from "./tray";
import { sizeText, type Upload } from "./upload";

const pause = 1500; // milliseconds, after being asked to slow down
const patience = 20_000; // milliseconds, for an answer
const largest = 48 << 10; // bytes of a text that goes over the socket

/** What became of one try: what was not done is tried again after a while, or only when there is a connection. */
type Outcome = "done" | "later" | "connected";

/** What the sender asks of its room. */
export interface Post {
	arrived(): number; // the number up to which the page shows everything
	expect(seq: number): void; // an event of that number is to come
	giveBack(body: string): void; // a text that is discarded
	home(): HTMLElement | undefined; // where the focus goes from what is taken away
}

export class Sender {
	private outbox: Outbox;
	private running = false;
	private timer = 0;
	private answer: { id: string; settle: (outcome: Outcome) => void } | null = null;
	private plain = new Set<string>(); // not for the socket

	constructor(
		private room: number,
		private log: MessageLog,
		private live: Live,
		private signal: AbortSignal,
		private post: Post,
	) {
		this.outbox = new Outbox(room, signal, () => {
			this.show();
			if (navigator.locks) this.flush(); // should the window that sends be closed
		});
		watchRoom(
			room,
			(ready) => {
				if (ready) this.outbox.keep(ready);
				this.show();
				this.flush();
			},
			signal,
		);
		live.on("ack", (f) => this.acknowledged(f.client_message_id, f.seq!), signal);
		live.on("error", (f) => f.client_message_id && this.answered(f.client_message_id, this.refused(f.client_message_id, f.code, f.detail)), signal);
		live.on(
			"disconnected",
			(f) => {
				if (!this.answer) return;
				if (f.code === 1009) this.plain.add(this.answer.id); // too large for a frame
				this.answer.settle("later");
			},
			signal,
		);
		signal.addEventListener("abort", () => {
			window.clearTimeout(this.timer);
			this.answer?.settle("later");
		});
		this.settle();
		this.show();
	}

	/** Takes a message: from here on it is kept until the page shows it. */
	send(body: string, replyTo: number, uploads: Upload[] = [], previews = true): void {
		const last = this.outbox.waiting().at(-1)?.at ?? 0;
		const message = { room: this.room, body, replyTo, ...(previews ? {} : { previews }), at: Math.max(Date.now(), last + 1) };
		if (uploads.length > 0) hold({ ...message, uploads });
		else this.outbox.keep({ ...message, id: newID() });
		this.show();
		this.log.toEnd();
		this.flush();
	}

	/** Sends what waits, unless another window does. */
	flush(): void {
		if (this.running || this.signal.aborted || !this.next()) return;
		this.running = true;
		const { locks } = navigator;
		const sending = locks ? locks.request(`campfire.send.${viewer}.${this.room}`, { signal: this.signal }, () => this.drain()) : this.drain();
		void sending
			.catch(() => undefined) // the room was left
			.finally(() => (this.running = false));
	}

	/** Lets go of what the page shows by now. */
	settle(): void {
		for (const w of this.outbox.waiting()) {
			if (!(w.sent && w.sent <= this.post.arrived()) && !this.log.has(w.id)) continue;
			this.outbox.remove(w.id);
			this.log.withdraw(w.id);
		}
	}

	/** Lets go of one that has come as an event. */
	arrived(client: string): void {
		if (this.outbox.find(client)) this.outbox.remove(client);
	}

	private next(): Waiting | undefined {
		return this.outbox.waiting().find((w) => !w.failed && !w.sent);
	}

	private async drain(): Promise<void> {
		for (let w = this.next(); w && !this.signal.aborted; w = this.next()) {
			const outcome = await this.deliver(w);
			if (outcome === "done") continue;
			if (outcome === "later") this.again();
			return;
		}
	}

	private again(): void {
		window.clearTimeout(this.timer);
		this.timer = window.setTimeout(() => this.flush(), pause);
	}

	private deliver(w: Waiting): Promise<Outcome> {
		if (w.body.length > largest / 3 && new Blob([w.body]).size > largest) this.plain.add(w.id);
		if (this.plain.has(w.id)) return this.deliverByHTTP(w);
		const sent = this.live.send({ type: "post", room_id: this.room, ...draft(w) });
		if (!sent) return this.deliverByHTTP(w);
		return new Promise((resolve) => {
			const late = window.setTimeout(() => this.answered(w.id, "later"), patience);
			this.answer = {
				id: w.id,
				settle: (outcome) => {
					window.clearTimeout(late);
					this.answer = null;
					resolve(outcome);
				},
			};
		});
	}

	/** Without a socket it still goes, as an ordinary request. */
	private async deliverByHTTP(w: Waiting): Promise<Outcome> {
		if (!navigator.onLine) return "connected";
		try {
			const { message } = await api("POST", `/rooms/${this.room}/messages`, draft(w));
			this.acknowledged(w.id, message.seq);
			return "done";
		} catch (error) {
			if (error instanceof Problem && error.status === 401) return "connected"; // after signing in
			if (!(error instanceof Problem) || (error.code === "" && error.status >= 500)) return "later"; // not reached, or a proxy's answer
			return this.refused(w.id, error.code, error.detail);
		}
	}

	private answered(client: string, outcome: Outcome): void {
		if (this.answer?.id === client) this.answer.settle(outcome);
	}

	private acknowledged(client: string, seq: number): void {
		const w = this.outbox.find(client);
		if (w) {
			this.outbox.keep({ ...w, sent: seq });
			this.post.expect(seq);
			this.settle();
		}
		this.answered(client, "done");
	}

	private refused(client: string, code: string, detail: string): Outcome {
		if (code === "rate_limited" || code === "overloaded") return "later";
		const w = this.outbox.find(client);
		if (!w) return "done";
		if (code === "gone") {
			// It was posted, and has been deleted since.
			this.outbox.remove(client);
			this.log.withdraw(client);
		} else {
			// What it answers has been deleted: tried again, it answers nothing.
			const lost = code === "invalid" && w.replyTo !== 0 && detail.startsWith("reply_to ");
			this.outbox.keep(lost ? { ...w, replyTo: 0, failed: t("replying.lost") } : { ...w, failed: problemText(code, detail) });
			this.show();
		}
		return "done";
	}

	// — On screen —

	/** Shows what waits, and of each whether it failed. */
	private show(): void {
		const waiting = this.outbox.waiting();
		const held = heldFor(this.room);
		const there = new Set([...waiting, ...held].map((w) => w.id));
		for (const client of this.log.pendings()) if (!there.has(client)) this.log.withdraw(client);
		for (const parcel of held) this.showParcel(this.log.pending(parcel.id) ?? this.append(parcel), parcel);
		for (const w of waiting) {
			const article = this.log.pending(w.id) ?? this.append(w);
			this.showFiles(article, w);
			this.showFailure(article, w);
		}
	}

	private append(w: { id: string; body: string }): HTMLElement {
		const article = el(
			"article",
			{ class: "message pending", "data-client": w.id, "data-creator": viewer, "aria-label": `${viewerName}, ${t("waiting")}` },
			el("img", { class: "avatar", src: document.querySelector<HTMLImageElement>(".me img")?.src ?? "", alt: "", width: "36", height: "36" }),
			el("div", { class: "content" }, el("header", {}, el("span", { class: "author" }, viewerName)), el("div", { class: "body" }, ...(w.body ? [el("p", { dir: "auto" }, w.body)] : []))),
		);
		this.log.appendPending(w.id, article);
		return article;
	}

	/** Shows the files of a message that are on their way. */
	private showParcel(article: HTMLElement, parcel: Parcel): void {
		if (article.querySelector(".tray")?.childElementCount === parcel.uploads.length) return;
		const rows = parcel.uploads.map((upload) =>
			fileRow(upload, this.signal, () => {
				without(parcel, upload);
				this.show();
			}),
		);
		const away = el("button", { type: "button", class: "button" }, t("discard"));
		away.addEventListener("click", () => {
			discard(parcel);
			this.post.giveBack(parcel.body);
		});
		this.replaceFiles(article, el("div", { class: "files parcel" }, el("ul", { class: "tray", "aria-label": t("tray") }, ...rows), away));
	}

	/** Shows the files of a message that are whole. */
	private showFiles(article: HTMLElement, w: Waiting): void {
		if (!w.files || article.querySelector(".files:not(.parcel)")) return;
		const cards = w.files.map(({ name, size }) =>
			el("span", { class: "file" }, icon("file"), el("span", { class: "file-name" }, el("bdi", {}, name)), el("span", { class: "file-size" }, sizeText(size))),
		);
		this.replaceFiles(article, el("div", { class: "files" }, ...cards));
	}

	private replaceFiles(article: HTMLElement, files: HTMLElement): void {
		article.querySelector(".files")?.remove();
		article.querySelector(".body")!.after(files);
		if (this.log.following) this.log.toEnd();
	}

	private showFailure(article: HTMLElement, w: Waiting): void {
		const shown = article.querySelector(".failure");
		article.classList.toggle("failed", w.failed !== undefined);
		if ((shown !== null) === (w.failed !== undefined)) return;
		if (!w.failed) {
			shown!.remove();
			return;
		}
		const again = el("button", { type: "button", class: "button" }, t("retry"));
		const discard = el("button", { type: "button", class: "button" }, t("discard"));
		article.querySelector(".content")!.append(el("div", { class: "failure", role: "alert" }, `${t("failed")} ${w.failed}`, again, discard));
		if (this.log.following) this.log.toEnd();
		again.addEventListener("click", () => {
			const { failed: _, ...once } = this.outbox.find(w.id) ?? w;
			this.outbox.keep(once);
			keepFocus(() => this.show(), () => this.post.home());
			this.flush();
		});
		discard.addEventListener("click", () => {
			this.outbox.remove(w.id);
			keepFocus(() => this.log.withdraw(w.id), () => this.post.home());
			this.post.giveBack(w.body);
		});
	}
}
