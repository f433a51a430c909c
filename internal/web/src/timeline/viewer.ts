// Pictures in full, over the page: those of the page one after another.

import { el } from "../base/dom";
import { icon } from "../base/icon";
import { t } from "../base/text";
import { openDialog } from "../parts/dialog";
import { swipeDown } from "../parts/swipe";
import { fileOf, share } from "./attached";

const swipe = 60; // pixels

/** Lets pictures open where they are; to be called once. */
export function pictureViewer(): void {
	document.addEventListener("click", (event) => {
		const picture = (event.target as Element).closest<HTMLAnchorElement>("a.picture");
		if (!picture || event.button !== 0 || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
		event.preventDefault();
		open(picture);
	});
}

function open(first: HTMLAnchorElement): void {
	const pictures = () => [...document.querySelectorAll<HTMLAnchorElement>("main a.picture")];
	let at = first;
	const name = el("bdi", { class: "viewer-name" });
	const place = el("span", { class: "viewer-place", role: "status" });
	const image = el("img", { class: "viewer-image", alt: "" }) as HTMLImageElement;
	const control = (label: string, image: string, act: () => void) => {
		const button = el("button", { type: "button", class: "button quiet", "aria-label": label, title: label }, icon(image));
		button.addEventListener("click", act);
		return button;
	};
	const download = el("a", { class: "button quiet", download: "", "aria-label": t("file.save"), title: t("file.save") }, icon("download"));
	const close = control(t("viewer.close"), "x", () => dialog.close());
	const back = control(t("viewer.back"), "chevron-left", () => move(-1));
	const on = control(t("viewer.on"), "chevron-right", () => move(1));
	back.classList.add("viewer-back");
	on.classList.add("viewer-on");
	const tools = [download, close];
	if ("share" in navigator) tools.unshift(control(t("file.share"), "share", () => void share(fileOf(at))));
	const head = el("header", { class: "viewer-head" }, name, place, ...tools);
	const stage = el("div", { class: "viewer-stage" }, back, image, on);
	close.autofocus = true;
	const dialog = openDialog(t("viewer"), "viewer", head, stage);

	const show = (picture: HTMLAnchorElement) => {
		at = picture;
		const all = pictures();
		const n = all.indexOf(picture);
		const { name: filename = "", width = "", height = "", shown } = picture.dataset;
		name.textContent = filename;
		place.textContent = all.length > 1 ? t("viewer.place", { n: String(n + 1), of: String(all.length) }) : "";
		image.width = Number(width);
		image.height = Number(height);
		image.alt = filename;
		image.src = shown ?? picture.href;
		download.setAttribute("href", picture.href);
		download.setAttribute("download", filename);
		back.hidden = n <= 0;
		on.hidden = n < 0 || n === all.length - 1;
		if (document.activeElement === document.body) close.focus(); // what had it is hidden
	};
	const move = (by: number) => {
		const all = pictures();
		const next = all[all.indexOf(at) + by];
		if (next) show(next);
	};
	dialog.addEventListener("keydown", (event) => {
		const forward = document.documentElement.dir === "rtl" ? "ArrowLeft" : "ArrowRight";
		if (event.key !== "ArrowLeft" && event.key !== "ArrowRight") return;
		event.preventDefault();
		move(event.key === forward ? 1 : -1);
	});
	let from = { x: 0, y: 0 };
	stage.addEventListener("touchstart", (event) => (from = event.touches.length === 1 ? { x: event.touches[0].clientX, y: event.touches[0].clientY } : { x: NaN, y: NaN }), { passive: true });
	stage.addEventListener("touchend", (event) => {
		const [x, y] = [event.changedTouches[0].clientX - from.x, event.changedTouches[0].clientY - from.y];
		const along = Math.abs(x) > swipe && Math.abs(x) > Math.abs(y);
		if (along && (window.visualViewport?.scale ?? 1) === 1) move((document.documentElement.dir === "rtl" ? -x : x) < 0 ? 1 : -1);
	});
	swipeDown(stage, () => dialog.close());
	stage.addEventListener("click", (event) => event.target === stage && dialog.close());
	dialog.addEventListener("close", () => at.focus({ preventScroll: at === first }));
	show(first);
}
