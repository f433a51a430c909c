// The browser's part. The page is whole without it; with it, it is live.

import { copyButtons } from "./copy";
import { installable } from "./install";
import { Live } from "./live";
import { Room } from "./room";
import { settings } from "./settings";
import { Sidebar } from "./sidebar";
import { translate } from "./text";
import { localTimes } from "./time";

copyButtons();
localTimes(document);
settings();
translate(document);

if (document.body.classList.contains("app")) {
	installable();
	const live = new Live();
	new Sidebar(live);
	const log = document.getElementById("messages");
	if (log) new Room(log, live);
	live.connect();
}
