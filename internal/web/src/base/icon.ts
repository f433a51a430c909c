// Icons, the same as the server's.

const sprite = document.body.dataset.icons ?? "";
const svg = "http://www.w3.org/2000/svg";

/** A decorative icon by its name in the sprite (internal/web/build/icons.go). */
export function icon(name: string): SVGElement {
	const element = document.createElementNS(svg, "svg");
	element.setAttribute("class", "icon");
	element.setAttribute("aria-hidden", "true");
	const use = document.createElementNS(svg, "use");
	use.setAttribute("href", `${sprite}#${name}`);
	element.append(use);
	return element;
}
