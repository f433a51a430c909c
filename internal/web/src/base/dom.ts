// Making elements.

/** An element with attributes and children. */
export function el(tag: string, attributes: Record<string, string> = {}, ...children: (Node | string)[]): HTMLElement {
	const e = document.createElement(tag);
	for (const [k, v] of Object.entries(attributes)) e.setAttribute(k, v);
	e.append(...children);
	return e;
}

/** The elements of a fragment that the server rendered. */
export function parse(html: string): HTMLElement[] {
	const template = document.createElement("template");
	template.innerHTML = html;
	return [...template.content.children] as HTMLElement[];
}
