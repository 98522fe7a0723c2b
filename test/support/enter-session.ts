/* A process of its own that is in a session until it is killed: node enter-session.ts FOLDER SESSION */
import { openPresence } from "../../src/session/presence.ts";

const [folder = "", session = ""] = process.argv.slice(2);
await openPresence(folder, "").enter(session);
process.stdout.write("entered\n");
setInterval(() => undefined, 60_000);
