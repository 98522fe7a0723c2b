import { readFile, rename, rm, stat, statfs, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { systemErrorCode } from "../errors.ts";
import { log } from "../log.ts";
import { toJson } from "../text.ts";
import { problemCodes, type KeptDraft, type KeptTable, type StoredColumn } from "./sql-wire.ts";
import { namesIn, type Workspace } from "./workspace.ts";

/** Parquet copies in the workspace, each with a sidecar. Their keys are `table-PLACE-STATE`, both of 24 hex digits. */
export interface KeptFolder {
  /** The copy of a key; else whether the key is marked. Copies and marks of other states of the same place are removed. */
  find(key: string): Promise<KeptTable | "marked" | undefined>;
  /** Put finished copies in their place, and make room for them. A failure costs time later, and is only logged. */
  adopt(drafts: readonly KeptDraft[]): Promise<void>;
  /** Remember that somebody has asked, for a process that comes after this one. */
  mark(keys: readonly string[]): Promise<void>;
  unmark(keys: readonly string[]): Promise<void>;
}

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
    // the sidecar is what makes a copy exist
    await rename(draft, pathOf(key, "json"));
    await rm(pathOf(key, "asked"), { force: true });
  }

  return {
    async find(key) {
      const names = await namesIn(folder);
      await dropOlder(folder, names, key);
      const kept = names.includes(`${key}.json`)
        ? await readKept(pathOf(key, "json"), pathOf(key, "parquet"))
        : undefined;
      return kept ?? (names.includes(`${key}.asked`) ? "marked" : undefined);
    },
    async adopt(drafts) {
      for (const draft of drafts) {
        try {
          await put(draft);
          await dropLeastUsed(folder, maxBytes);
        } catch (thrown) {
          log.warn("a Parquet copy could not be kept, so that its source is read anew", thrown);
          await rm(draft.path, { force: true });
        }
      }
    },
    async mark(keys) {
      await workspace.folder("cache");
      for (const key of keys) await writeFile(pathOf(key, "asked"), "", { mode: 0o600 });
    },
    async unmark(keys) {
      for (const key of keys) await rm(pathOf(key, "asked"), { force: true });
    },
  };
}

/** What belongs to an earlier state of the same files. */
async function dropOlder(folder: string, names: readonly string[], key: string): Promise<void> {
  const place = keyPattern.exec(key)?.[1];
  const older = names.filter((name) => keyPattern.exec(name)?.[1] === place && !name.startsWith(`${key}.`));
  for (const name of older) await rm(join(folder, name), { force: true });
}

const sidecarSchema = z.object({
  sizeBytes: z.int(),
  columns: z.array(z.object({ name: z.string(), type: z.string(), stored: z.string() }).refine(isRestorable)),
  problems: z.array(z.object({ line: z.int(), code: z.enum(problemCodes), message: z.string() })),
  dialect: z.object({
    source: z.string(),
    format: z.enum(["csv", "json", "jsonl", "parquet"]),
    compression: z.enum(["none", "gzip", "zstd"]),
    encoding: z.string(),
    delimiter: z.string().exactOptional(),
    header: z.boolean().exactOptional(),
  }),
});

/** A type that is read back by a cast is part of a statement: there is one. */
function isRestorable({ type, stored }: StoredColumn): boolean {
  return type === stored || type === "HUGEINT";
}

/** A copy that is whole; the time of its sidecar tells when it was used last. */
async function readKept(sidecarPath: string, path: string): Promise<KeptTable | undefined> {
  try {
    const { sizeBytes, ...table } = sidecarSchema.parse(JSON.parse(await readFile(sidecarPath, "utf8")));
    if ((await stat(path)).size !== sizeBytes) return undefined;
    const now = new Date();
    await utimes(sidecarPath, now, now);
    return { path, ...table };
  } catch (thrown) {
    // written by another version, damaged, or removed in this moment: it is made again
    if (systemErrorCode(thrown) !== "ENOENT") log.debug(`the copy ${path} is not used`, thrown);
    return undefined;
  }
}

/** Until all that is left fits: those go first that nobody has used for longest. */
async function dropLeastUsed(folder: string, maxBytes: number): Promise<void> {
  const { bavail, bsize } = await statfs(folder);
  const tables = (await namesIn(folder)).filter((name) => keyPattern.test(name) && name.endsWith(".parquet"));
  const found = await Promise.all(tables.map((name) => usageOf(join(folder, name))));
  const kept = found.flatMap((usage) => usage ?? []).toSorted((a, b) => b.usedMs - a.usedMs);
  const all = kept.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  let left = Math.min(maxBytes, (bavail * bsize + all) * freeShare);
  for (const { path, sizeBytes } of kept) {
    left -= sizeBytes;
    if (left >= 0) continue;
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
