// Files that are chosen for a message: by the button, dropped onto the room,
// or pasted. They are sent at once; the message goes when they are whole.

import { el } from "../base/dom";
import { keepFocus } from "../base/focus";
import { icon } from "../base/icon";
import { t } from "../base/text";
import { mostFiles, sizeText, Upload } from "./upload";

const drawn = 96; // pixels of a small picture, twice what it takes on screen

// What was chosen stays when another room is looked at.
const chosen = new Map<number, Upload[]>();

export class Tray {
	readonly element = el("div", { class: "tray-box" });
	private list = el("ul", { class: "tray", "aria-label": t("tray") });
	private hint = el("p", { class: "hint" });
	private uploads: Upload[];

	constructor(
		room: number,
		private signal: AbortSignal,
		private changed: () => void,
	) {
		this.uploads = chosen.get(room) ?? [];
		chosen.set(room, this.uploads);
		this.element.append(this.list, this.hint);
		for (const upload of this.uploads) this.show(upload);
		this.sum();
	}

	/** Takes files, and begins to send them. */
	add(files: Iterable<File>): void {
		for (const file of files) {
			const upload = new Upload(file);
			this.uploads.push(upload);
			this.show(upload);
		}
		this.sum();
	}

	get length(): number {
		return this.uploads.length;
	}

	/** Why what is here can't be sent; empty when it can. */
	trouble(): string {
		const refused = this.uploads.find((u) => u.state === "refused");
		if (refused) return t("file.refused", { name: refused.file.name });
		const most = mostFiles();
		return most > 0 && this.uploads.length > most ? t("file.toomany", { n: String(most) }) : "";
	}

	/** Hands over what is here. */
	take(): Upload[] {
		const all = this.uploads.splice(0);
		this.list.replaceChildren();
		this.sum();
		return all;
	}

	private show(upload: Upload): void {
		const row = fileRow(upload, this.signal, () => {
			upload.cancel();
			const at = this.uploads.indexOf(upload);
			if (at >= 0) this.uploads.splice(at, 1);
			keepFocus(
				() => row.remove(),
				() => this.list.querySelector<HTMLElement>("button") ?? document.querySelector<HTMLElement>("#composer textarea"),
			);
			this.sum();
		});
		upload.onChange(() => this.sum(), this.signal);
		this.list.append(row);
	}

	private sum(): void {
		this.element.hidden = this.uploads.length === 0;
		const moving = this.uploads.some((u) => u.state === "waiting" || u.state === "sending");
		const line = moving ? t("tray.stay") : "";
		if (this.hint.textContent !== line) this.hint.textContent = line;
		this.changed();
	}
}

/** A row for a file that is on its way, with what can be done to it. */
export function fileRow(upload: Upload, signal: AbortSignal, remove: () => void): HTMLElement {
	const { file } = upload;
	const face = el("span", { class: "tray-face" }, icon(file.type.startsWith("image/") ? "image" : "file"));
	if (/^image\/(png|jpeg|gif|webp|avif|bmp)$/.test(file.type)) void draw(file, face);
	const note = el("span", { class: "file-size" });
	const problem = el("span", { class: "tray-problem", role: "alert" });
	const bar = el("progress", { max: String(Math.max(file.size, 1)), "aria-label": t("file.progress", { name: file.name }) }) as HTMLProgressElement;
	const again = el("button", { type: "button", class: "button quiet", "aria-label": t("file.again", { name: file.name }), title: t("retry") }, icon("refresh-cw"));
	const away = el("button", { type: "button", class: "button quiet", "aria-label": t("file.remove", { name: file.name }), title: t("file.remove", { name: file.name }) }, icon("x"));
	again.addEventListener("click", () => upload.begin());
	away.addEventListener("click", remove);
	const row = el("li", { class: "tray-file" }, face, el("span", { class: "tray-what" }, el("bdi", { class: "file-name" }, file.name), note, problem, bar), again, away);
	const show = () => {
		const moving = upload.state === "waiting" || upload.state === "sending";
		row.dataset.state = upload.state;
		bar.value = upload.sent;
		bar.hidden = !moving;
		again.hidden = upload.state !== "stopped";
		const size = moving && upload.sent > 0 ? `${sizeText(upload.sent)} / ${sizeText(file.size)}` : sizeText(file.size);
		if (note.textContent !== size) note.textContent = size;
		if (problem.textContent !== upload.problem) problem.textContent = upload.problem;
	};
	upload.onChange(show, signal);
	show();
	return row;
}

/** Draws a small picture of a file that is one. */
async function draw(file: File, into: HTMLElement): Promise<void> {
	try {
		const picture = await createImageBitmap(file, { resizeHeight: drawn, resizeQuality: "medium" });
		const canvas = el("canvas", { width: String(drawn), height: String(drawn), "aria-hidden": "true" }) as HTMLCanvasElement;
		canvas.getContext("2d")!.drawImage(picture, (drawn - picture.width) / 2, 0);
		picture.close();
		into.replaceChildren(canvas);
	} catch {
		// the icon stays
	}
}

/** Hears files that are dropped onto the room, or pasted anywhere in it. */
export function hearFiles(input: HTMLTextAreaElement, signal: AbortSignal, take: (files: File[]) => void): void {
	const main = document.querySelector<HTMLElement>("main")!;
	let over = 0; // elements that what is dragged has come into and not left
	const brings = (event: DragEvent) => event.dataTransfer?.types.includes("Files") ?? false;
	const end = () => {
		over = 0;
		main.removeAttribute("data-drop");
	};
	main.addEventListener(
		"dragenter",
		(event) => {
			if (!brings(event)) return;
			event.preventDefault();
			if (over++ === 0) main.dataset.drop = t("drop");
		},
		{ signal },
	);
	main.addEventListener("dragleave", (event) => brings(event) && --over <= 0 && end(), { signal });
	main.addEventListener("dragover", (event) => brings(event) && event.preventDefault(), { signal });
	main.addEventListener(
		"drop",
		(event) => {
			end();
			if (!brings(event)) return;
			event.preventDefault();
			take([...(event.dataTransfer?.files ?? [])]);
			input.focus();
		},
		{ signal },
	);
	signal.addEventListener("abort", end);
	document.addEventListener(
		"paste",
		(event) => {
			const data = event.clipboardData;
			const target = event.target as Element;
			// What is copied from a document comes as text and as a picture of it.
			if (!data || data.files.length === 0 || data.types.includes("text/plain")) return;
			if (target !== input && target.closest("input, textarea, dialog")) return;
			event.preventDefault();
			take([...data.files]);
			input.focus();
		},
		{ signal },
	);
}
