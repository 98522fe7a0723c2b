import { rm } from "node:fs/promises";
import { ToolError } from "../../errors.ts";
import { roomOnDisk } from "../disk-room.ts";
import type { Downloaded, Downloader } from "../../download.ts";
import { freshnessOf, isTellingDate } from "./freshness.ts";
import { openHeldFiles } from "./held-files.ts";
import { openShare, type Waiter } from "./shared-work.ts";
import { openSlots } from "../slots.ts";
import { openWebCache, type KeptFile, type WebCache, type WebEntry } from "./web-cache.ts";
import { openWorkspace } from "../workspace.ts";
import { currentTaping } from "../../taping.ts";

export interface WebStoreOptions {
  workspace: string;
  downloader: Downloader;
  /** Of one file. Default 5 GB; it never takes the last 1 GB of a disk, or 5 % of a small one. */
  maxFileBytes?: number;
  /** Of all files that are kept. Default 10 GB, and at most a tenth of the disk. */
  maxCacheBytes?: number;
}

/** Gives files of the web as they are now, from the workspace's cache where that may be. */
export interface WebStore {
  /** @throws ToolError; the signal's reason once it aborts */
  fetch(url: string, waiter: Waiter<Bytes>): Promise<HeldFile>;
}

/** How much of a file is there, and of how much, as far as the server has said. */
export interface Bytes {
  received: number;
  total: number | undefined;
}

export interface HeldFile extends KeptFile {
  /** Whether it stays after the call that it was fetched for. */
  isKept: boolean;
  /** Let the file go. One that may not be kept is removed then. */
  release: () => Promise<void>;
}

const maxDownloads = 6;
/** Of files that are not in the cache, or not yet. */
const passingEnding = ".download";

export function openWebStore(options: WebStoreOptions): WebStore {
  const { workspace: path, downloader, maxFileBytes = 5e9, maxCacheBytes = 10e9 } = options;
  const workspace = openWorkspace(path);
  const held = openHeldFiles();
  const cache = openWebCache({ workspace, maxBytes: maxCacheBytes, remove: held.remove });
  const share = openShare<KeptFile, Bytes>();
  const slots = openSlots(maxDownloads);

  /** The file as it is now: what is kept where that still stands, else what the server gives. */
  async function current(url: string, signal: AbortSignal, onBytes: (bytes: Bytes) => void): Promise<KeptFile> {
    // What is kept may have been fetched by a process that was allowed more.
    downloader.check(url);
    // what is recorded shall not hang on what was fetched before
    const kept = currentTaping() === undefined ? await cache.find(url) : undefined;
    if (kept !== undefined && Date.now() < kept.entry.freshUntil) {
      await cache.touch(kept);
      return kept;
    }
    const target = await workspace.temporaryPath(passingEnding);
    await slots.take(signal);
    try {
      const room = await roomOnDisk(await workspace.folder("tmp"));
      const isDiskLess = room < maxFileBytes;
      const got = await downloader.download({
        url,
        target,
        known: kept?.entry,
        maxBytes: Math.max(0, Math.min(maxFileBytes, Math.floor(room))),
        whenLarge: isDiskLess ? "the disk has room for no more; free some" : "download it into a root, then name it",
        signal,
        onBytes: (received, total) => onBytes({ received, total }),
      });
      return await take(got, { cache, url, target, kept });
    } catch (thrown) {
      await rm(target, { force: true });
      signal.throwIfAborted();
      throw withoutStale(thrown, kept);
    } finally {
      slots.free();
    }
  }

  return {
    async fetch(url, waiter) {
      const kept = await share(url, waiter, (shared) => current(url, shared.signal, shared.onUpdate));
      const release = held.hold(kept.path);
      const isKept = !kept.path.endsWith(passingEnding);
      if (!isKept) await held.remove(kept.path);
      return { ...kept, isKept, release };
    },
  };
}

interface Asked {
  cache: WebCache;
  url: string;
  target: string;
  kept: KeptFile | undefined;
}

async function take(got: Downloaded, { cache, url, target, kept }: Asked): Promise<KeptFile> {
  const receivedAt = Date.now();
  const { isKept, freshUntil } = freshnessOf(got.headers, receivedAt);
  if (got.kind === "unchanged") {
    await rm(target, { force: true });
    if (kept === undefined) throw new ToolError("http_error", "the server says that a file is as it was before");
    return await cache.renew(kept, { ...kept.entry, freshUntil: isDirect(url, got) ? freshUntil : 0 });
  }
  const { headers, finalUrl, sizeBytes, sha256 } = got;
  const lastModified = headers["last-modified"];
  const entry: WebEntry = {
    url,
    finalUrl,
    contentType: headers["content-type"],
    etag: headers.etag,
    lastModified: isTellingDate(lastModified, headers.date, receivedAt) ? lastModified : "",
    sizeBytes,
    sha256,
    fetchedAt: new Date(receivedAt).toISOString(),
    freshUntil: isDirect(url, got) ? freshUntil : 0,
  };
  if (isKept) return await cache.keep(target, entry);
  return { entry, path: target };
}

/** How long a file stands says nothing of how long an address redirects to it. */
function isDirect(url: string, { finalUrl }: Downloaded): boolean {
  return finalUrl === url;
}

/** Old data that looks like new data would be a wrong answer. */
function withoutStale(thrown: unknown, kept: KeptFile | undefined): unknown {
  if (!(thrown instanceof ToolError) || kept === undefined) return thrown;
  const note = `the copy fetched ${kept.entry.fetchedAt} is not used, for it may be out of date`;
  return new ToolError(thrown.code, `${thrown.message}; ${note}`, { cause: thrown });
}
