// The browser's part. The page is whole without it; with it, it is live.

import { copyButtons, localTimes } from "./small";
import { Live } from "./live";
import { Room } from "./room";
import { settings } from "./settings";
import { Sidebar } from "./sidebar";

copyButtons();
localTimes(document);
settings();

if (document.body.classList.contains("app")) {
	const live = new Live();
	new Sidebar(live);
	const log = document.getElementById("messages");
	if (log && document.getElementById("composer")) new Room(log, live);
	live.connect();
}
