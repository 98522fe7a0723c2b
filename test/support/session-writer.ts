/* A process of its own that appends to a session until it is killed. Its job comes as a line of JSON on stdin. */
import { once } from "node:events";
import { writeSync } from "node:fs";
import { createInterface } from "node:readline";
import { SessionConflictError } from "../../src/errors.ts";
import { openStore } from "../../src/session/index.ts";
import { appendOf, type WriterJob } from "./session-kills.ts";

const lines = createInterface({ input: process.stdin });
const [line] = (await once(lines, "line")) as [string];
const { url, durable, session, writer, largeBytes, count } = JSON.parse(line) as WriterJob;
const store = await openStore(url, { durable });

const load = async () => (await store.load(session))?.messages.length ?? 0;
let seen = await load();
for (let index = 0; index < count;) {
  const messages = appendOf(writer, index, largeBytes);
  try {
    await store.append(session, seen, messages);
    writeSync(1, `${index}\n`); // acknowledged from here on
    seen += messages.length;
    index += 1;
  } catch (thrown) {
    if (!(thrown instanceof SessionConflictError)) throw thrown;
    seen = await load();
  }
}
await store.close();
process.stdin.destroy();
