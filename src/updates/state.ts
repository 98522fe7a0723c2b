import { randomUUID } from "node:crypto";
import { readFile, rename, rm, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { systemErrorCode } from "../errors.ts";
import { makeFolders } from "../make-folders.ts";
import { isJsonObject } from "../message.ts";

/** What is kept of newer versions, for all commands of a user. Times are milliseconds since the epoch. */
export interface UpdateState {
  /** When the registry was asked last, whatever it said. */
  askedAt: number;
  /** When the user was told last. */
  toldAt: number;
  /** What the registry said last: three numbers. */
  latest: string | undefined;
}

const fresh: UpdateState = { askedAt: 0, toldAt: 0, latest: undefined };
const maxChars = 10_000;

/** A file that cannot be used is as good as none. */
export async function readUpdateState(path: string): Promise<UpdateState> {
  try {
    const text = await readFile(path, "utf8");
    const value: unknown = text.length > maxChars ? undefined : JSON.parse(text);
    if (!isJsonObject(value)) return fresh;
    const { askedAt, toldAt, latest } = value;
    const time = (given: unknown) => (typeof given === "number" && given <= Date.now() ? given : 0);
    return { askedAt: time(askedAt), toldAt: time(toldAt), latest: readVersion(latest) };
  } catch (thrown) {
    if (thrown instanceof SyntaxError || systemErrorCode(thrown) !== undefined) return fresh;
    throw thrown;
  }
}

/** Resolves with whether it could be written. */
export async function writeUpdateState(path: string, state: UpdateState): Promise<boolean> {
  const draft = `${path}.${randomUUID()}`;
  try {
    await makeFolders(dirname(path), 0o700);
    await writeFile(draft, JSON.stringify(state), { mode: 0o600, flag: "wx" });
    await rename(draft, path);
    return true;
  } catch (thrown) {
    if (systemErrorCode(thrown) === undefined) throw thrown;
    await rm(draft, { force: true }).catch(() => undefined); // where nothing can be written nothing is left either
    return false;
  }
}

/** A released version. It is shown on a terminal, so nothing else passes. */
export function readVersion(given: unknown): string | undefined {
  return typeof given === "string" && /^\d{1,6}\.\d{1,6}\.\d{1,6}$/.test(given) ? given : undefined;
}
