// Emoji (a few, until the data is here).

export type Emoji = { char: string; label: string; codes: string[]; tags: string[]; group: number };

const few: Emoji[] = [
	{ char: "😄", label: "grinning face with smiling eyes", codes: ["smile"], tags: ["happy"], group: 0 },
	{ char: "🔥", label: "fire", codes: ["fire"], tags: ["flame"], group: 1 },
];

export function loadEmoji(): Promise<{ groups: string[]; emoji: Emoji[] }> {
	return Promise.resolve({ groups: ["Smileys", "Things"], emoji: few });
}

export function searchEmoji(list: Emoji[], query: string): Emoji[] {
	return list.filter((e) => e.codes.some((c) => c.startsWith(query.toLowerCase())) || e.label.includes(query.toLowerCase()));
}

export function recentEmoji(): string[] {
	return [];
}

export function useEmoji(_char: string): void {}
