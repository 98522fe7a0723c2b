import { readFile, rename, rm, stat, statfs, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { systemErrorCode } from "../../errors.ts";
import { log } from "../../log.ts";
import { toJson } from "../../text/text.ts";
import type { KeptDraft, KeptTable } from "./sql-wire.ts";
import { namesIn, type Workspace } from "../workspace.ts";

/** Parquet copies in the workspace, each with a sidecar. Their keys are `table-PLACE-STATE`, both of 24 hex digits. */
export interface KeptFolder {
  /**
   * The copy of a key; else how its key is marked. Copies and marks of other states of the same place are removed.
   * Where the folder cannot be looked into, there is none.
   */
  find(key: string): Promise<KeptTable | Mark | undefined>;
  /** Put finished copies in their place, and make room for them. A failure costs time later, and is only logged. */
  adopt(drafts: readonly KeptDraft[]): Promise<void>;
  /** Mark a key for all processes, in place of the mark that it has. Gives whether that could be done. */
  mark(key: string, mark: Mark): Promise<boolean>;
}

/**
 * `asked`: a copy was wanted, and whoever was to make it may have ended before it was finished. `again`: so it was a
 * second time. `tried`: it was tried to make the copy, and there is no use in trying again.
 */
export type Mark = (typeof allMarks)[number];
const allMarks = ["asked", "again", "tried"] as const;

const defaultMaxBytes = 10 * 1024 ** 3;
const freeShare = 0.25;

const keyPattern = /^(table-[0-9a-f]{24})-[0-9a-f]{24}/;

export function openKeptFolder(workspace: Workspace, maxBytes = defaultMaxBytes): KeptFolder {
  const folder = join(workspace.path, "cache");
  const pathOf = (key: string, extension: string) => join(folder, `${key}.${extension}`);

  async function put({ key, path, ...table }: KeptDraft): Promise<void> {
    await workspace.folder("cache");
    const { size } = await stat(path);
    const draft = await workspace.temporaryPath(".json");
    await writeFile(draft, toJson({ ...table, sizeBytes: size }), { mode: 0o600 });
    await rename(path, pathOf(key, "parquet"));
    for (const known of allMarks) await rm(pathOf(key, known), { force: true });
    // the sidecar is what makes a copy exist; from then on another process may mark it
    await rename(draft, pathOf(key, "json"));
  }

  async function mark(key: string, wanted: Mark): Promise<boolean> {
    try {
      await workspace.folder("cache");
      await writeFile(pathOf(key, wanted), "", { mode: 0o600 });
      for (const other of allMarks) if (other !== wanted) await rm(pathOf(key, other), { force: true });
      return true;
    } catch (thrown) {
      log.debug("a Parquet copy cannot be marked", thrown);
      return false;
    }
  }

  return {
    async find(key) {
      try {
        const names = await namesIn(folder);
        const kept = names.includes(`${key}.json`)
          ? await readKept(pathOf(key, "json"), pathOf(key, "parquet"))
          : undefined;
        await dropOlder(folder, names, key);
        return kept ?? allMarks.findLast((known) => names.includes(`${key}.${known}`));
      } catch (thrown) {
        log.warn("the Parquet copies cannot be looked at, so that sources are read anew", thrown);
        return undefined;
      }
    },
    async adopt(drafts) {
      for (const draft of drafts) {
        try {
          await put(draft);
          await dropLeastUsed(folder, maxBytes);
          if ((await statIfAny(pathOf(draft.key, "parquet"))) === undefined) await mark(draft.key, "tried");
        } catch (thrown) {
          log.warn("a Parquet copy could not be kept, so that its source is read anew", thrown);
          await rm(draft.path, { force: true });
        }
      }
    },
    mark,
  };
}

/** What belongs to an earlier state of the same files. */
async function dropOlder(folder: string, names: readonly string[], key: string): Promise<void> {
  const place = keyPattern.exec(key)?.[1];
  const older = names.filter((name) => keyPattern.exec(name)?.[1] === place && !name.startsWith(`${key}.`));
  for (const name of older) await removeIfPossible(join(folder, name));
}

/** What stays costs space, and no answer. */
async function removeIfPossible(path: string): Promise<void> {
  await rm(path, { force: true }).catch((thrown: unknown) => log.debug(`${path} cannot be removed`, thrown));
}

/** A copy that is whole; the time of its sidecar tells when it was used last. */
async function readKept(sidecarPath: string, path: string): Promise<KeptTable | undefined> {
  try {
    // what the sidecar must look like is loaded with the first that is read
    const [{ parseKeptSidecar }, text] = await Promise.all([
      import("./kept-sidecar.ts"),
      readFile(sidecarPath, "utf8"),
    ]);
    const { sizeBytes, ...table } = parseKeptSidecar(text);
    if ((await stat(path)).size !== sizeBytes) return undefined;
    await touch(sidecarPath);
    return { path, ...table };
  } catch (thrown) {
    // written by another version, damaged, or removed in this moment: it is made again
    if (systemErrorCode(thrown) !== "ENOENT") log.debug(`the copy ${path} is not used`, thrown);
    return undefined;
  }
}

/** What cannot be written can still be read. */
async function touch(path: string): Promise<void> {
  const now = new Date();
  await utimes(path, now, now).catch((thrown: unknown) => log.debug(`the use of ${path} is not noted`, thrown));
}

/** What does not fit goes: of those that nobody has used for longest first, and what is too large by itself. */
async function dropLeastUsed(folder: string, maxBytes: number): Promise<void> {
  const { bavail, bsize } = await statfs(folder);
  const tables = (await namesIn(folder)).filter((name) => keyPattern.test(name) && name.endsWith(".parquet"));
  const found = await Promise.all(tables.map((name) => usageOf(join(folder, name))));
  const kept = found.flatMap((usage) => usage ?? []).toSorted((a, b) => b.usedMs - a.usedMs);
  const all = kept.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  let left = Math.min(maxBytes, (bavail * bsize + all) * freeShare);
  for (const { path, sizeBytes } of kept) {
    if (sizeBytes <= left) {
      left -= sizeBytes;
      continue;
    }
    await rm(path.replace(/parquet$/, "json"), { force: true });
    await rm(path, { force: true });
  }
}

/** Undefined for a copy that somebody else has just removed. */
async function usageOf(path: string): Promise<{ path: string; sizeBytes: number; usedMs: number } | undefined> {
  const table = await statIfAny(path);
  if (table === undefined) return undefined;
  const sidecar = await statIfAny(path.replace(/parquet$/, "json"));
  return { path, sizeBytes: table.size, usedMs: (sidecar ?? table).mtimeMs };
}

async function statIfAny(path: string) {
  try {
    return await stat(path);
  } catch (thrown) {
    if (systemErrorCode(thrown) === "ENOENT") return undefined;
    throw thrown;
  }
}
