// Emoji (a few, until the data is here).

export interface Emoji {
	readonly char: string;
	readonly label: string;
	readonly shortcodes: readonly string[];
	readonly group: string;
	readonly tones: boolean;
	readonly words: readonly string[];
}

const few: Emoji[] = [
	{ char: "😄", label: "grinning face with smiling eyes", shortcodes: ["smile"], words: ["happy"], group: "Smileys", tones: false },
	{ char: "🔥", label: "fire", shortcodes: ["fire"], words: ["flame"], group: "Things", tones: false },
	{ char: "✋", label: "raised hand", shortcodes: ["hand"], words: ["stop"], group: "Things", tones: true },
];

export function loadEmoji(): Promise<Emoji[]> {
	return Promise.resolve(few);
}

export function searchEmoji(all: readonly Emoji[], query: string): Emoji[] {
	return all.filter((e) => e.shortcodes.some((c) => c.startsWith(query.toLowerCase())) || e.label.includes(query.toLowerCase()));
}

export function recentEmoji(): string[] {
	return [];
}

export function useEmoji(_char: string): void {}

export function emojiTone(): number {
	return 0;
}

export function setEmojiTone(_tone: number): void {}

export function toned(emoji: Emoji, tone = emojiTone()): string {
	return emoji.tones && tone > 0 ? emoji.char + String.fromCodePoint(0x1f3fa + tone) : emoji.char;
}
