// A field in which a message's text is written: its marks and links, its
// growth, and how much still fits.

import { t, tn } from "../base/text";

const mac = /Mac|iPhone|iPad/.test(navigator.platform);
const marks: Record<string, string> = { b: "**", i: "_", e: "`" };
const utf8 = new TextEncoder();

/** The most that a message may hold, bytes; zero: no bound. */
function limit(): number {
	return Number(document.querySelector<HTMLElement>("#composer [data-limit]")?.dataset.limit ?? 0);
}

/** Puts a text in place of the selection, so that undoing takes it back. */
export function insert(input: HTMLTextAreaElement, text: string): void {
	input.focus();
	if (document.execCommand(text === "" ? "delete" : "insertText", false, text)) return;
	input.setRangeText(text, input.selectionStart, input.selectionEnd, "end");
	input.dispatchEvent(new InputEvent("input", { bubbles: true }));
}

/** Puts marks around the selection, or takes them away where they are. */
export function wrap(input: HTMLTextAreaElement, before: string, after = before): void {
	const { selectionStart: start, selectionEnd: end, value } = input;
	const text = value.slice(start, end);
	if (value.slice(start - before.length, start) === before && value.slice(end, end + after.length) === after) {
		input.setSelectionRange(start - before.length, end + after.length);
		insert(input, text);
		input.setSelectionRange(start - before.length, end - before.length);
		return;
	}
	insert(input, before + text + after);
	input.setSelectionRange(start + before.length, end + before.length);
}

/** Begins each line of the selection with a mark. */
export function prefix(input: HTMLTextAreaElement, mark: (line: number) => string): void {
	const { selectionStart, selectionEnd, value } = input;
	const start = value.lastIndexOf("\n", selectionStart - 1) + 1;
	const lines = value.slice(start, selectionEnd).split("\n");
	input.setSelectionRange(start, selectionEnd);
	insert(input, lines.map((line, i) => mark(i + 1) + line).join("\n"));
}

/** How many characters a text has too many; negative: about so many more fit. */
export function excess(text: string): number {
	const most = limit();
	if (most === 0 || text.length * 3 < most * 0.9) return -Infinity;
	const bytes = utf8.encode(text).length;
	if (bytes <= most) return Math.min(-Math.floor((most - bytes) / (bytes / text.length)), -0);
	let over = bytes - most;
	let n = 0;
	for (const c of [...text].reverse()) {
		if (over <= 0) break;
		over -= utf8.encode(c).length;
		n++;
	}
	return n;
}

/** What is to be said of a text's length; nothing while it is far from the most. */
export function lengthNote(text: string): string {
	const n = excess(text);
	if (n > 0) return tn("toolong", n);
	const bytes = utf8.encode(text).length;
	return n > -Infinity && bytes > limit() * 0.9 ? t("nearlimit", { n: String(-n) }) : "";
}

/** Reports whether a key means that what is written in a field is done; in a block of code it makes a line. */
export function sends(event: KeyboardEvent, input: HTMLTextAreaElement): boolean {
	if (event.key !== "Enter" || composing(event)) return false;
	if (event.ctrlKey || event.metaKey) return true;
	if (inCode(input.value.slice(0, input.selectionStart))) return false;
	return !event.shiftKey && !event.altKey && !matchMedia("(pointer: coarse)").matches;
}

/** Reports whether a text ends inside of a fenced block of code. */
function inCode(before: string): boolean {
	let fence = "";
	for (const line of before.split("\n")) {
		const mark = /^ {0,3}(`{3,}(?!.*`)|~{3,})/.exec(line)?.[1] ?? "";
		if (fence === "") fence = mark;
		else if (mark.startsWith(fence) && line.trim() === mark) fence = "";
	}
	return fence !== "";
}

/** Reports whether a key belongs to an input method, which has yet to make a character of it. */
export function composing(event: KeyboardEvent): boolean {
	return event.isComposing || event.keyCode === 229;
}

/** Lets a text be marked by keys, a link be pasted onto words, and the field grow with what is in it. */
export function equip(input: HTMLTextAreaElement): void {
	input.addEventListener("keydown", (event) => {
		const mark = marks[event.key.toLowerCase()];
		if (!mark || composing(event) || event.defaultPrevented || event.altKey || event.shiftKey || !(mac ? event.metaKey : event.ctrlKey)) return;
		event.preventDefault();
		wrap(input, mark);
	});
	input.addEventListener("paste", (event) => {
		const text = event.clipboardData?.getData("text/plain").trim() ?? "";
		const selected = input.value.slice(input.selectionStart, input.selectionEnd);
		if (!/^https?:\/\/\S+$/.test(text) || selected.trim() === "" || /[\n[\]]|^https?:/.test(selected)) return;
		event.preventDefault();
		insert(input, `[${selected}](${text})`);
	});
	if (!CSS.supports("field-sizing", "content")) {
		const grow = () => {
			input.style.blockSize = "auto";
			input.style.blockSize = `${input.scrollHeight}px`; // the style sheet bounds it
		};
		input.addEventListener("input", grow);
		requestAnimationFrame(grow);
	}
}
