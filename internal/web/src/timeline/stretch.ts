// The stored messages on the page, oldest first: found by their place, by
// their id and by what they quote without asking the document, so that an
// event costs the same however many there are.

export class Stretch {
	private order: HTMLElement[] = [];
	private byID = new Map<number, HTMLElement>();
	private quotes = new Map<number, Set<HTMLElement>>(); // by what is quoted

	get length(): number {
		return this.order.length;
	}

	/** The message at a place; a negative one counts from the newest. */
	at(index: number): HTMLElement | undefined {
		return this.order.at(index);
	}

	get(id: number): HTMLElement | null {
		return this.byID.get(id) ?? null;
	}

	all(): HTMLElement[] {
		return [...this.order];
	}

	/** Where an id stands, or would stand. */
	indexOf(id: number): number {
		const last = this.order.at(-1);
		if (!last || idOf(last) < id) return this.order.length;
		return this.search((m) => idOf(m) >= id);
	}

	/** The first place from which on something holds; the length when it never does. */
	search(holds: (m: HTMLElement) => boolean): number {
		let low = 0;
		let high = this.order.length;
		while (low < high) {
			const middle = (low + high) >> 1;
			if (holds(this.order[middle])) high = middle;
			else low = middle + 1;
		}
		return low;
	}

	/** The one before (-1) or after (1) a message. */
	neighbour(m: HTMLElement, step: 1 | -1): HTMLElement | undefined {
		const index = this.indexOf(idOf(m)) + step;
		return index < 0 ? undefined : this.order[index];
	}

	/** The messages that quote one. */
	quoting(id: number): Iterable<HTMLElement> {
		return this.quotes.get(id) ?? [];
	}

	/** Takes messages in; they follow on each other with none of these between. */
	insert(articles: HTMLElement[]): void {
		if (articles.length === 0) return;
		this.order.splice(this.indexOf(idOf(articles[0])), 0, ...articles);
		for (const m of articles) {
			this.byID.set(idOf(m), m);
			const quoted = quotedBy(m);
			if (!quoted) continue;
			const set = this.quotes.get(quoted);
			if (set) set.add(m);
			else this.quotes.set(quoted, new Set([m]));
		}
	}

	/** Lets go of those from one place up to before another, and returns them. */
	cut(from: number, to: number): HTMLElement[] {
		const gone = this.order.splice(from, to - from);
		for (const m of gone) {
			this.byID.delete(idOf(m));
			const quoted = quotedBy(m);
			const set = this.quotes.get(quoted);
			set?.delete(m);
			if (set?.size === 0) this.quotes.delete(quoted);
		}
		return gone;
	}
}

export function idOf(m: HTMLElement): number {
	return Number(m.dataset.id);
}

export function seqOf(m: HTMLElement): number {
	return Number(m.dataset.seq);
}

function quotedBy(m: HTMLElement): number {
	return Number(m.querySelector<HTMLElement>(".quote")?.dataset.quote ?? 0);
}
