// People who have another name or picture: what is on the page of them follows.

import { renameViewer, viewer } from "../base/page";
import type { Live } from "../live/live";
import { known } from "../timeline/reader";

/** Hears of people, for as long as the page is open. The sidebar sees to itself. */
export function followPeople(live: Live): void {
	live.on("user_updated", ({ user }) => {
		if (String(user.id) === viewer) renameViewer(user.name);
		known(document, user);
	});
}
