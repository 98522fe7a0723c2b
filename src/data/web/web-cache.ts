import { createHash, randomBytes } from "node:crypto";
import { lstat, readdir, readFile, realpath, rename, rm, stat, statfs, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { systemErrorCode } from "../../errors.ts";
import { log } from "../../log.ts";
import { stateOfStats } from "../open-file.ts";
import { writeFailure, type Workspace } from "../workspace.ts";

const entrySchema = z.object({
  url: z.string(),
  /** After redirects; what the validators belong to. */
  finalUrl: z.string(),
  contentType: z.string(),
  etag: z.string(),
  /** Empty also where the date tells too little. */
  lastModified: z.string(),
  sizeBytes: z.int().nonnegative(),
  sha256: z.string(),
  fetchedAt: z.iso.datetime(),
  /** Milliseconds since 1970; 0: asked for each time. */
  freshUntil: z.number(),
});

/** What is known of a file of the web that is kept. */
export type WebEntry = z.output<typeof entrySchema>;

export interface KeptFile {
  entry: WebEntry;
  /** Real and absolute; never changes, and is never another version's. */
  path: string;
}

/**
 * Files of the web in the workspace's cache, each with a sidecar that makes it exist. Several processes may use one
 * cache: files and sidecars appear by rename, a version never takes the place of another, and the sidecar comes last.
 */
export interface WebCache {
  find(url: string): Promise<KeptFile | undefined>;
  /** Take over a finished file from the workspace's temporary folder, then make room. */
  keep(temporaryPath: string, entry: WebEntry): Promise<KeptFile>;
  /** Write down anew what is known of a file that is kept. */
  renew(kept: KeptFile, entry: WebEntry): Promise<KeptFile>;
  /** Count a file as used. */
  touch(kept: KeptFile): Promise<void>;
}

export interface WebCacheOptions {
  workspace: Workspace;
  maxBytes: number;
  /** Remove a file that is not wanted any more, once nobody reads it. */
  remove: (path: string) => Promise<void>;
}

const sidecarSchema = entrySchema.extend({
  file: z.string().regex(/^web-[0-9a-f]{32}-[0-9a-f]{16}\.data$/),
  /** Of the file, as it was put there: one that came with somebody's project has another, and nobody fetched it. */
  state: z.string(),
});
const dataName = /^web-([0-9a-f]{32})-[0-9a-f]{16}\.data$/;

export function openWebCache({ workspace, maxBytes, remove }: WebCacheOptions): WebCache {
  const folder = async () => realpath(await workspace.folder("cache"));

  async function writeSidecar(entry: WebEntry, path: string): Promise<void> {
    const draft = await workspace.temporaryPath(".json");
    const file = path.slice(path.lastIndexOf("web-"));
    try {
      const sidecar = { ...entry, file, state: await stateOf(path) };
      await writeFile(draft, `${JSON.stringify(sidecar, null, 1)}\n`, { mode: 0o600 });
      await rename(draft, sidecarOf(await folder(), entry.url));
    } catch (thrown) {
      await rm(draft, { force: true });
      throw writeFailure(thrown, "the cache of web files");
    }
  }

  async function find(url: string): Promise<KeptFile | undefined> {
    const cache = await folder();
    const sidecar = await readSidecar(sidecarOf(cache, url));
    if (sidecar === undefined || sidecar.url !== url) return undefined;
    const { file, state, ...entry } = sidecar;
    const path = join(cache, file);
    return (await stateOf(path)) === state ? { entry, path } : undefined;
  }

  return {
    find,
    async keep(temporaryPath, entry) {
      const earlier = await find(entry.url);
      const path = join(await folder(), `web-${keyOf(entry.url)}-${randomBytes(8).toString("hex")}.data`);
      try {
        await rename(temporaryPath, path);
      } catch (thrown) {
        throw writeFailure(thrown, "the cache of web files");
      }
      await writeSidecar(entry, path);
      if (earlier !== undefined) await remove(earlier.path);
      await makeRoom(await folder(), { maxBytes, spared: path, remove }).catch(warnOfRoom);
      return { entry, path };
    },
    async renew({ path }, entry) {
      await writeSidecar(entry, path);
      return { entry, path };
    },
    async touch({ entry: { url } }) {
      const now = new Date();
      await utimes(sidecarOf(await folder(), url), now, now).catch(unlessGone);
    },
  };
}

function keyOf(url: string): string {
  return createHash("sha256").update(url).digest("hex").slice(0, 32);
}

function sidecarOf(folder: string, url: string): string {
  return join(folder, `web-${keyOf(url)}.json`);
}

/** One that is damaged counts as none: the file is fetched again. */
async function readSidecar(path: string): Promise<z.output<typeof sidecarSchema> | undefined> {
  try {
    return sidecarSchema.parse(JSON.parse(await readFile(path, "utf8")));
  } catch (thrown) {
    if (systemErrorCode(thrown) === "ENOENT") return undefined;
    if (systemErrorCode(thrown) !== undefined) throw thrown;
    log.warn(`${path} is damaged; the file is fetched again`);
    return undefined;
  }
}

/** A file without a sidecar is being put there, or was left by a process that was killed at this moment. */
const orphanAfterMs = 3_600_000;
/** The cache takes no more of a disk than this. */
const diskShare = 0.1;

interface Room {
  maxBytes: number;
  /** The file that was just put there. */
  spared: string;
  remove: (path: string) => Promise<void>;
}

/** Remove what has not been used for longest until the rest is small enough. */
async function makeRoom(folder: string, { maxBytes, spared, remove }: Room): Promise<void> {
  const names = await readdir(folder);
  const { blocks, bsize } = await statfs(folder);
  const limit = Math.min(maxBytes, diskShare * blocks * bsize);
  const kept: { path: string; sidecar: string; sizeBytes: number; usedAt: number }[] = [];
  for (const name of names) {
    const key = dataName.exec(name)?.[1];
    if (key === undefined) continue;
    const path = join(folder, name);
    const found = await stat(path).catch(unlessGone);
    if (found === undefined) continue;
    const sidecar = join(folder, `web-${key}.json`);
    const owner = await readSidecar(sidecar);
    const isOrphan = owner?.file !== name;
    if (isOrphan && Date.now() - found.mtimeMs > orphanAfterMs) await remove(path);
    if (isOrphan) continue;
    const usedAt = (await stat(sidecar).catch(unlessGone))?.mtimeMs ?? 0;
    kept.push({ path, sidecar, sizeBytes: found.size, usedAt });
  }
  let total = kept.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  for (const { path, sidecar, sizeBytes } of kept.toSorted((a, b) => a.usedAt - b.usedAt)) {
    if (total <= limit) return;
    if (path === spared) continue;
    await rm(sidecar, { force: true });
    await remove(path);
    total -= sizeBytes;
  }
}

/** What is too much costs space, and is no reason to refuse the file that is there. */
function warnOfRoom(thrown: unknown): void {
  log.warn("cannot make room in the cache of web files", thrown);
}

/** Undefined for a file that is gone. */
async function stateOf(path: string): Promise<string | undefined> {
  const found = await lstat(path, { bigint: true }).catch(unlessGone);
  return found === undefined ? undefined : stateOfStats(found);
}

function unlessGone(thrown: unknown): undefined {
  if (systemErrorCode(thrown) !== "ENOENT") throw thrown;
}
