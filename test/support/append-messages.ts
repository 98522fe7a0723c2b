/* A process of its own that appends to a session: node append-messages.ts FOLDER SESSION WRITER COUNT */
import { SessionConflictError } from "../../src/errors.ts";
import { openFileStore } from "../../src/session/file.ts";

const [folder = "", session = "", writer = "", count = "0"] = process.argv.slice(2);
const store = openFileStore(folder);

for (let index = 0; index < Number(count);) {
  const seen = (await store.load(session))?.messages.length ?? 0;
  try {
    await store.append(session, seen, [
      { role: "user", text: `${writer} ${index}` },
      { role: "tool", callId: String(index), name: writer, ok: true, text: "x".repeat(20_000) },
    ]);
    index += 1;
    process.stdout.write(`${index}\n`);
  } catch (thrown) {
    if (!(thrown instanceof SessionConflictError)) throw thrown;
  }
}
