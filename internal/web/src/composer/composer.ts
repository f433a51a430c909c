// Where messages are written.

import { api, Problem } from "../base/api";
import { el } from "../base/dom";
import { keepFocus } from "../base/focus";
import { icon } from "../base/icon";
import { t } from "../base/text";
import { loadEmoji } from "../parts/emoji";
import { menu, menuItem } from "../parts/menu";
import { openPicker } from "../parts/picker";
import { closePopup, openPopup } from "../parts/popup";
import { Completion } from "./completion";
import { type About, Draft } from "./drafts";
import { composing, equip, excess, insert, lengthNote, sends } from "./field";
import { formats } from "./formats";
import { LinkNote } from "./linknote";
import { takeShared } from "./shared";
import { isCommand, run } from "./slash";
import { hearFiles, Tray } from "./tray";
import type { Upload } from "./upload";

const excerpt = 140; // characters of what is replied to

/** What the composer asks of its room. */
export interface Desk {
	send(body: string, replyTo: number, uploads?: Upload[], previews?: boolean): void;
	typing(active: boolean): void;
	editLast(): boolean; // begins to edit the reader's last message, if there is one
}

export class Composer {
	readonly input: HTMLTextAreaElement;
	private about: About = {}; // of what is written
	private enabled = true;
	private draft: Draft;
	private note = el("p", { class: "composer-note", role: "status" });
	private completion: Completion;
	private tray: Tray;
	private links: LinkNote;

	constructor(
		readonly form: HTMLFormElement,
		private room: number,
		private desk: Desk,
		signal: AbortSignal,
	) {
		this.input = form.elements.namedItem("body") as HTMLTextAreaElement;
		this.draft = new Draft(room);
		const given = this.input.value; // shared, or refused and shown again
		this.input.value = this.draft.text;
		this.input.required = false; // what can't be sent is explained here
		this.completion = new Completion(this.input, room);
		equip(this.input);
		this.links = new LinkNote(signal, () => this.keep());
		this.tray = new Tray(room, signal, () => this.explain());
		this.input.before(this.tray.element);
		hearFiles(this.input, signal, (files) => this.tray.add(files));
		this.input.addEventListener("input", () => {
			this.keep();
			this.desk.typing(this.input.value.trim() !== "");
			this.explain();
		});
		this.input.addEventListener("keydown", (event) => this.key(event));
		form.addEventListener("submit", (event) => {
			event.preventDefault();
			this.submit();
		});
		window.addEventListener("storage", (event) => this.follow(event), { signal });
		signal.addEventListener("abort", closePopup);
		this.tools();
		this.tray.element.before(this.links.element); // above, so that the button to send stays where it is
		form.append(this.note);
		this.goOn();
		if (given !== "" && given !== this.input.value) this.restore(given);
		this.explain();
		void takeShared(room).then((files) => signal.aborted || this.tray.add(files));
	}

	focus(): void {
		this.input.focus();
	}

	/** Lets what is written be sent, or only be kept. */
	enable(on: boolean): void {
		this.enabled = on;
		keepFocus(
			() => this.form.querySelectorAll("button").forEach((button) => (button.disabled = !on)),
			() => this.input,
		);
	}

	/** Puts back a text that was not sent, behind what is written by now. */
	restore(body: string): void {
		this.input.value = this.input.value.trim() === "" ? body : `${this.input.value.trimEnd()}\n\n${body}`;
		this.keep();
		this.explain();
	}

	/** Sends a text that was written elsewhere. */
	send(body: string): void {
		this.desk.send(body, 0);
	}

	/** Begins or, without a message, ends a reply. */
	reply(message: HTMLElement | null): void {
		if (!message) {
			this.answer({});
			return;
		}
		const names = [...message.querySelectorAll<HTMLElement>(".files [data-name]")].map((e) => e.dataset.name!);
		const said = [message.querySelector<HTMLElement>(".body")!.innerText, ...names].join(" ").replace(/\s+/g, " ").trim();
		const characters = [...said];
		this.answer({
			replyTo: Number(message.dataset.id),
			author: message.querySelector(".author")?.textContent ?? "",
			said: characters.length > excerpt ? characters.slice(0, excerpt).join("") + "…" : said,
		});
		this.focus();
	}

	/** Shows what is answered, if anything is, and keeps it with what is written. */
	private answer({ replyTo, author = "", said = "" }: About): void {
		this.about = replyTo ? { replyTo, author, said } : {};
		if (replyTo) this.above(icon("corner-up-left"), el("span", { class: "replying-to" }, el("b", { dir: "auto" }, t("replying", { name: author })), el("span", { dir: "auto" }, said)), t("stop"));
		else this.above();
		this.keep();
	}

	/** Puts something above the field, to be closed; nothing takes it away. */
	private above(image?: SVGElement, what?: HTMLElement, close = ""): void {
		const box = document.getElementById("replying")!;
		box.hidden = !image;
		if (!image) return;
		const stop = el("button", { type: "button", class: "button quiet", title: close }, icon("x"));
		stop.addEventListener("click", () => {
			this.reply(null);
			this.focus();
		});
		box.replaceChildren(image, what!, stop);
	}

	/** A message has been deleted. If it is what is answered, that is said, and what is written stays. */
	gone(id: number): void {
		if (this.about.replyTo !== id) return;
		const { author = "" } = this.about;
		this.reply(null);
		this.above(icon("corner-up-left"), el("span", { class: "replying-to", role: "status" }, el("b", { dir: "auto" }, t("replying.gone", { name: author })), el("span", {}, t("replying.kept"))), t("replying.close"));
	}

	/** Goes on with a draft: what it answers may be gone meanwhile. */
	private goOn(): void {
		const { about } = this.draft;
		if (about.previews === false) this.links.decline(true);
		const id = about.replyTo;
		if (!id || this.input.value === "") return;
		this.answer(about);
		if (document.getElementById(`message-${id}`)) return;
		void api("GET", `/rooms/${this.room}/messages/${id}`).catch((error) => {
			if (error instanceof Problem && error.status === 404) this.gone(id);
		});
	}

	/** The ways to write what keys don't have, beside the button that sends. */
	private tools(): void {
		const button = (label: string, image: SVGElement, act: (button: HTMLElement) => void) => {
			const b = el("button", { type: "button", class: "button quiet", title: label, "aria-haspopup": "dialog" }, image);
			b.addEventListener("click", () => act(b));
			return b;
		};
		const home = () => this.input;
		const showFormats = (at: HTMLElement) => {
			const close = openPopup(
				formats(this.input, () => close(true)),
				{ label: t("rich"), at, home },
			);
		};
		const pickEmoji = (at: HTMLElement) => void openPicker({ at, home, choose: (char) => insert(this.input, char) });
		const rich = button(t("rich"), icon("type"), showFormats);
		const emoji = button(t("emoji"), icon("smile"), pickEmoji);
		for (const type of ["pointerenter", "focus"]) emoji.addEventListener(type, () => void loadEmoji().catch(() => {}), { once: true }); // the picker says what failed
		const picker = this.form.querySelector<HTMLInputElement>("input[type=file]")!;
		picker.addEventListener("change", () => {
			this.tray.add(picker.files ?? []);
			picker.value = ""; // the same may be chosen again
			this.focus();
		});
		const attach = button(t("attach"), icon("paperclip"), () => picker.click());
		attach.removeAttribute("aria-haspopup");
		const send = this.form.querySelector("button[name=send]")!;
		// On a narrow screen the text has the room, and the rest is behind one button.
		const more = el("button", { type: "button", class: "button quiet composer-more", title: t("more"), "aria-haspopup": "menu" }, icon("plus"));
		more.addEventListener("click", (event) => {
			const item = (of: HTMLElement, act: () => void) => menuItem({ label: of.title, icon: of.querySelector("svg")!.cloneNode(true) as SVGElement, act });
			const list = menu(
				t("more"),
				event.detail > 0,
				item(attach, () => {
					close();
					picker.click();
				}),
				item(emoji, () => pickEmoji(more)),
				item(rich, () => showFormats(more)),
			);
			const close = openPopup(list, { label: t("more"), at: more, home: () => more });
			list.querySelector<HTMLElement>("[role=menuitem]")!.focus();
		});
		const tools = el("span", { class: "composer-tools" });
		send.replaceWith(tools);
		tools.append(more, el("span", { class: "composer-extras" }, attach, rich, emoji), send);
	}

	private key(event: KeyboardEvent): void {
		if (event.defaultPrevented || composing(event)) return;
		if (sends(event, this.input)) {
			event.preventDefault();
			this.form.requestSubmit();
		} else if (event.key === "ArrowUp" && this.input.value === "") {
			if (this.desk.editLast()) event.preventDefault();
		} else if (event.key === "Escape" && this.about.replyTo) {
			event.preventDefault();
			this.reply(null);
		}
	}

	private submit(): void {
		const body = this.input.value;
		if ((body.trim() === "" && this.tray.length === 0) || excess(body) > 0 || this.tray.trouble() !== "" || !this.enabled) {
			this.explain();
			this.focus();
			return;
		}
		if (isCommand(body, this.room)) void this.command(body);
		else this.post(body);
	}

	private async command(body: string): Promise<void> {
		const result = await run(body, this.room);
		if (this.input.value !== body) return; // it was changed meanwhile
		if ("send" in result) {
			this.post(result.send);
			return;
		}
		if ("done" in result) {
			this.input.value = "";
			this.input.dispatchEvent(new InputEvent("input", { bubbles: true }));
		} else {
			this.note.textContent = result.problem;
			this.focus();
		}
	}

	private post(body: string): void {
		const replyTo = this.about.replyTo ?? 0;
		const previews = !this.links.declined;
		this.input.value = "";
		this.input.dispatchEvent(new InputEvent("input", { bubbles: true }));
		this.reply(null);
		this.desk.send(body, replyTo, this.tray.take(), previews);
	}

	/** Says what is to be known before this is sent. */
	private explain(): void {
		const body = this.input.value;
		this.links.look(body);
		const trouble = this.tray?.trouble() ?? "";
		const line = lengthNote(body) || trouble || this.completion.warning();
		if (this.note.textContent !== line) this.note.textContent = line;
		this.note.classList.toggle("over", excess(body) > 0 || trouble !== "");
	}

	/** Keeps what is written across reloads, with what it answers. */
	private keep(): void {
		this.draft.keep(this.input.value, { ...this.about, ...(this.links.declined ? { previews: false as const } : {}) });
	}

	/** Takes what was written in another tab, unless one writes here. */
	private follow(event: StorageEvent): void {
		if (event.key !== this.draft.key || (document.hasFocus() && document.activeElement === this.input)) return;
		this.input.value = event.newValue ?? "";
		const { about } = this.draft;
		this.links.decline(about.previews === false);
		this.answer(about);
		this.explain();
	}
}
