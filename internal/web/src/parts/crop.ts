// A picture is cut to a square before it is sent: by dragging and pinching it,
// by a slider, by buttons, or by keys. What the browser can't read is sent as
// it is, and the server says what it thinks of it.

import { el } from "../base/dom";
import { icon } from "../base/icon";
import { t } from "../base/text";
import { openDialog } from "./dialog";

const side = 512; // pixels of what is sent
const deepest = 8; // times that one may zoom in
const least = 32; // pixels of the picture that make the square at least
const margin = 0.08; // of the area, around the square
const step = 0.05; // of the square, that a key moves

/** Forms that send a picture offer to cut it. */
export function pictureForms(root: ParentNode): void {
	for (const form of root.querySelectorAll<HTMLFormElement>("form[data-picture]")) {
		const input = form.elements.namedItem("picture") as HTMLInputElement;
		form.querySelector<HTMLElement>("button")!.hidden = true; // choosing is enough
		input.addEventListener("change", () => void choose(form, input));
	}
}

async function choose(form: HTMLFormElement, input: HTMLInputElement): Promise<void> {
	const file = input.files?.[0];
	const said = form.querySelector(".chosen")!;
	said.textContent = file?.name ?? "";
	if (!file) return;
	const picture = await createImageBitmap(file).catch(() => null);
	if (!picture) {
		form.requestSubmit();
		return;
	}
	const cropped = await new Crop(picture).done;
	picture.close();
	if (!cropped) {
		input.value = said.textContent = "";
		input.focus();
		return;
	}
	const files = new DataTransfer();
	files.items.add(new File([cropped], "picture", { type: cropped.type }));
	input.files = files.files;
	form.requestSubmit();
}

/** The dialog around one picture. */
class Crop {
	/** What was cut out; null when it was thought better of. */
	readonly done: Promise<Blob | null>;

	private zoom = 1;
	private x: number; // the middle of the square, in the picture's pixels
	private y: number;
	private readonly whole: number; // of the picture's pixels, at most in the square
	private readonly most: number;
	private readonly canvas = el("canvas", { width: "640", height: "640" }) as HTMLCanvasElement;
	private readonly area: HTMLElement;
	private readonly slider: HTMLInputElement;
	private readonly status = el("p", { class: "off-screen", role: "status" });
	private readonly pointers = new Map<number, PointerEvent>();

	constructor(private readonly picture: ImageBitmap) {
		this.x = picture.width / 2;
		this.y = picture.height / 2;
		this.whole = Math.min(picture.width, picture.height);
		this.most = Math.max(1, Math.min(deepest, this.whole / least));
		this.area = el("div", { class: "crop-area", tabindex: "0", role: "application", "aria-label": t("crop.area"), "aria-describedby": "crop-help", autofocus: "" }, this.canvas, el("div", { class: "crop-frame" }));
		this.slider = el("input", { type: "range", min: "1", max: String(this.most), step: "any", value: "1", "aria-label": t("crop.zoom") }) as HTMLInputElement;
		this.slider.disabled = this.most === 1;
		const button = (name: string, label: string, act: () => void) => {
			const b = el("button", { type: "button", class: "button quiet", "aria-label": label, title: label }, icon(name));
			b.addEventListener("click", act);
			return b;
		};
		const no = el("button", { class: "button", value: "" }, t("dialog.cancel"));
		const yes = el("button", { type: "button", class: "button primary" }, t("crop.save"));
		const dialog = openDialog(
			t("crop.title"),
			"crop",
			el("h2", {}, t("crop.title")),
			this.area,
			el("p", { class: "hint", id: "crop-help" }, t("crop.help")),
			el("div", { class: "crop-zoom" }, button("minus", t("crop.out"), () => this.scale(1 / 1.2)), this.slider, button("plus", t("crop.in"), () => this.scale(1.2))),
			el(
				"div",
				{ class: "crop-move", dir: "ltr" },
				button("arrow-left", t("crop.left"), () => this.move(-step, 0)),
				button("arrow-up", t("crop.up"), () => this.move(0, -step)),
				button("arrow-down", t("crop.down"), () => this.move(0, step)),
				button("arrow-right", t("crop.right"), () => this.move(step, 0)),
			),
			this.status,
			el("form", { method: "dialog", class: "dialog-buttons" }, no, yes),
		);
		this.slider.addEventListener("input", () => this.setZoom(Number(this.slider.value)));
		dialog.addEventListener("keydown", (event) => this.key(event));
		this.listen();
		this.area.focus();
		this.show();
		this.done = new Promise((resolve) => {
			yes.addEventListener("click", () => {
				void this.cut().then((blob) => {
					resolve(blob);
					dialog.close();
				});
			});
			dialog.addEventListener("close", () => resolve(null));
		});
	}

	/** How many of the picture's pixels the square is wide. */
	private get width(): number {
		return this.whole / this.zoom;
	}

	private setZoom(zoom: number): void {
		this.zoom = Math.min(this.most, Math.max(1, zoom));
		this.show();
	}

	private scale(by: number): void {
		this.setZoom(this.zoom * by);
	}

	/** Moves the picture by parts of the square, to the right and down. */
	private move(right: number, down: number): void {
		this.shift(right * this.width, down * this.width);
		const share = (at: number, of: number) => String(Math.round((100 * at) / of));
		this.status.textContent = t("crop.at", { x: share(this.x, this.picture.width), y: share(this.y, this.picture.height) });
	}

	private shift(right: number, down: number): void {
		this.x -= right;
		this.y -= down;
		this.show();
	}

	private key(event: KeyboardEvent): void {
		if (event.ctrlKey || event.metaKey || event.altKey) return;
		const far = event.shiftKey ? 4 : 1;
		const moves: Record<string, [number, number]> = { ArrowLeft: [-step, 0], ArrowRight: [step, 0], ArrowUp: [0, -step], ArrowDown: [0, step] };
		const to = event.target === this.area ? moves[event.key] : undefined;
		if (to) this.move(to[0] * far, to[1] * far);
		else if (event.key === "+" || event.key === "=") this.scale(1.1);
		else if (event.key === "-") this.scale(1 / 1.1);
		else return;
		event.preventDefault();
	}

	private listen(): void {
		const { area, pointers } = this;
		area.addEventListener("pointerdown", (event) => {
			area.setPointerCapture(event.pointerId);
			pointers.set(event.pointerId, event);
		});
		area.addEventListener("pointermove", (event) => {
			const before = pointers.get(event.pointerId);
			if (!before) return;
			const apart = this.apart();
			pointers.set(event.pointerId, event);
			const perPixel = this.width / (area.clientWidth * (1 - 2 * margin)) / pointers.size;
			this.shift((event.clientX - before.clientX) * perPixel, (event.clientY - before.clientY) * perPixel);
			if (apart > 0) this.scale(this.apart() / apart);
		});
		for (const end of ["pointerup", "pointercancel"] as const) area.addEventListener(end, (event) => pointers.delete(event.pointerId));
		area.addEventListener(
			"wheel",
			(event) => {
				event.preventDefault();
				this.scale(Math.exp(-event.deltaY / 400));
			},
			{ passive: false },
		);
	}

	/** How far two fingers are from each other; zero when there aren't two. */
	private apart(): number {
		const [a, b] = [...this.pointers.values()];
		return a && b ? Math.hypot(a.clientX - b.clientX, a.clientY - b.clientY) : 0;
	}

	private show(): void {
		const half = this.width / 2;
		this.x = Math.min(this.picture.width - half, Math.max(half, this.x));
		this.y = Math.min(this.picture.height - half, Math.max(half, this.y));
		this.slider.value = String(this.zoom);
		this.slider.setAttribute("aria-valuetext", `${Math.round(100 * this.zoom)} %`);
		const size = this.canvas.width;
		const context = this.canvas.getContext("2d")!;
		const scale = (size * (1 - 2 * margin)) / this.width;
		context.clearRect(0, 0, size, size);
		context.drawImage(this.picture, size / 2 - this.x * scale, size / 2 - this.y * scale, this.picture.width * scale, this.picture.height * scale);
	}

	/** The square as a file: PNG where something shows through, else JPEG. */
	private cut(): Promise<Blob | null> {
		const out = el("canvas", { width: String(side), height: String(side) }) as HTMLCanvasElement;
		const context = out.getContext("2d", { willReadFrequently: true })!;
		context.imageSmoothingQuality = "high";
		const half = this.width / 2;
		context.drawImage(this.picture, this.x - half, this.y - half, this.width, this.width, 0, 0, side, side);
		const { data } = context.getImageData(0, 0, side, side);
		let opaque = true;
		for (let i = 3; i < data.length && opaque; i += 4) opaque = data[i] === 255;
		return new Promise((resolve) => out.toBlob(resolve, opaque ? "image/jpeg" : "image/png", 0.92));
	}
}
