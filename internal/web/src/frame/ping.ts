// Beginning a ping with someone.

import { api, explain } from "../base/api";
import { base } from "../base/page";
import { toast } from "../parts/toast";

/** Begins a ping with a person, or finds the one there is, and goes there. */
export async function ping(user: number, go: (url: string) => void): Promise<void> {
	try {
		const { room } = await api("POST", "/rooms", { kind: "direct", user_ids: [user] });
		go(`${base}/rooms/${room.id}`);
	} catch (error) {
		toast(explain(error), { error: true });
	}
}
