// The files of a message: what they are, and what else can be done with one
// than looking at it.

import { el } from "../base/dom";
import { icon } from "../base/icon";
import { t } from "../base/text";
import { ask } from "../parts/dialog";
import { menuItem } from "../parts/menu";
import { toast } from "../parts/toast";

type Attached = { name: string; href: string };

const gap = "\n"; // where a text has the file's name, which has a direction of its own

/** The file that an element of a message shows. */
export function fileOf(shown: HTMLElement): Attached {
	const href = shown instanceof HTMLAnchorElement ? shown.href : shown.querySelector("audio")!.src;
	return { name: shown.dataset.name ?? "file", href };
}

/** Items of a menu for each file of a message. */
export function fileItems(message: HTMLElement, close: () => void): HTMLElement[] {
	const item = (text: string, image: string, name: string, act: () => void) => {
		const [before, after] = text.split(gap);
		const label = el("span", { class: "menu-file" }, before, el("bdi", {}, name), after);
		return menuItem({
			label,
			icon: icon(image),
			act: () => {
				close();
				act();
			},
		});
	};
	return [...message.querySelectorAll<HTMLElement>(".files .picture, .files .file, .files .sound")].map(fileOf).flatMap((file) => {
		const items = [item(t("file.download.of", { name: gap }), "download", file.name, () => download(file))];
		if (sharesFiles()) items.push(item(t("file.share.of", { name: gap }), "share", file.name, () => void share(file)));
		return items;
	});
}

function download({ name, href }: Attached): void {
	el("a", { href, download: name }).click();
}

/** Reports whether the browser hands files on. */
function sharesFiles(): boolean {
	return navigator.canShare?.({ files: [new File([], "file.txt", { type: "text/plain" })] }) ?? false;
}

/** Hands a file on, or its address where files can't be. */
export async function share({ name, href }: Attached): Promise<void> {
	try {
		const answer = await fetch(href);
		if (!answer.ok) throw new Error(answer.statusText);
		const blob = await answer.blob();
		const files = [new File([blob], name, { type: blob.type })];
		const what = navigator.canShare?.({ files }) ? { files } : { url: href };
		try {
			await navigator.share(what);
		} catch (error) {
			// What took long to come needs a word anew.
			if (!named(error, "NotAllowedError") || !(await ask({ title: t("file.share.now", { name }), yes: t("file.share") }))) throw error;
			await navigator.share(what);
		}
	} catch (error) {
		if (named(error, "NotAllowedError")) toast(t("file.share.not"), { error: true });
		else if (!named(error, "AbortError")) toast(t("gone"), { error: true });
	}
}

function named(error: unknown, name: string): boolean {
	return error instanceof DOMException && error.name === name;
}
