import { readdir, rm, stat, truncate, utimes } from "node:fs/promises";
import { log } from "../../log.ts";
import { placeOf, type EnginePlace } from "./folder.ts";
import { takeLock } from "./lock.ts";
import { reachEngine } from "./reach.ts";

const maxLogBytes = 1_000_000;

/** Files in /tmp that nobody touches are tidied away, and what tools print must not fill it. */
export async function keepFiles({ token, lock, log: output }: EnginePlace): Promise<void> {
  const now = new Date();
  try {
    await Promise.all([token, lock].map((path) => utimes(path, now, now)));
    if ((await stat(output)).size > maxLogBytes) await truncate(output);
  } catch (thrown) {
    log.warn("the shared engine's files are gone", thrown);
  }
}

/** Engines of the same configuration and another version end as soon as nothing runs in them; what killed ones left is removed. */
export async function retireOlder(place: EnginePlace): Promise<void> {
  const [configuration] = place.name.split("-");
  try {
    for (const file of await readdir(place.folder)) {
      const name = file.replace(/\.[a-z]+$/, "");
      if (name === place.name || !file.endsWith(".lock")) continue;
      const other = placeOf(place.folder, name);
      const left = await takeLock(other.lock, 0);
      if (left !== undefined) {
        for (const path of [other.socket, other.token, other.log, other.starting, other.lock])
          await rm(path, { force: true });
        left.release();
      } else if (name.startsWith(`${configuration}-`)) {
        (await reachEngine(other, "retire"))?.end();
      }
    }
  } catch (thrown) {
    log.warn("cannot tidy up after other engines", thrown);
  }
}
