import { hash, randomBytes } from "node:crypto";
import { constants, existsSync } from "node:fs";
import { open, readdir, rename, rm, stat, type FileHandle } from "node:fs/promises";
import { basename, join } from "node:path";
import { z } from "zod";
import { systemErrorCode } from "../errors.ts";
import { log } from "../log.ts";
import { once } from "../once.ts";
import { heldInMemory } from "./body-file.ts";
import type { PageBody } from "./page-body.ts";
import { makeFolders } from "../make-folders.ts";

/** A page as a server sent it, and how to ask whether it still stands. */
export interface KeptPage {
  etag: string;
  lastModified: string;
  body: PageBody;
}

/** Pages that have been fetched before, on disk. Each is asked for again; a server that answers 304 need not send it. */
export interface PageCache {
  find(url: URL): Promise<KeptPage | undefined>;
  /** A failure costs time later, and is only logged. */
  keep(url: URL, page: KeptPage): Promise<void>;
}

const defaultMaxBytes = 256 * 1024 ** 2;
/** Room that is made at once when there is none left. */
const roomShare = 0.25;
const maxPageBytes = 2 * 1024 ** 2;
const namePattern = /^page-[0-9a-f]{32}$/;

const headSchema = z.object({
  url: z.string(),
  etag: z.string(),
  lastModified: z.string(),
  contentType: z.string(),
  contentEncoding: z.string(),
  sizeBytes: z.int(),
  /** Of the file itself: one that came with somebody's project has another, and nobody fetched it. */
  identity: z.string(),
});

/**
 * @param parent of the folder `pages`, which is made on first use
 * @param maxBytes of all pages together; the least recently used go first
 */
export function openPageCache(parent: () => Promise<string>, maxBytes = defaultMaxBytes): PageCache {
  const place = once(async () => {
    const path = join(await parent(), "pages");
    await makeFolders(path, 0o700);
    return { path, usedBytes: await tidy(path, maxBytes) };
  });

  return {
    async find(url) {
      try {
        const { path } = await place.get();
        const file = join(path, nameOf(url));
        // Most pages are new: to be told so costs less than an error.
        return existsSync(file) ? await readPage(file, url) : undefined;
      } catch (thrown) {
        log.debug("the kept pages cannot be read", thrown);
        return undefined;
      }
    },
    async keep(url, page) {
      if (page.body.held.sizeBytes > Math.min(maxPageBytes, maxBytes)) return;
      try {
        const used = await place.get();
        used.usedBytes += await writePage(join(used.path, nameOf(url)), url, page);
        if (used.usedBytes > maxBytes) used.usedBytes = await tidy(used.path, maxBytes);
      } catch (thrown) {
        log.debug(`${url.host}: a page cannot be kept`, thrown);
      }
    },
  };
}

function nameOf(url: URL): string {
  return `page-${hash("sha256", requested(url), "hex").slice(0, 32)}`;
}

/** What is sent of an address. */
function requested(url: URL): string {
  return url.href.replace(/#.*/, "");
}

/** A head of one line of JSON, then the body as it came. */
async function writePage(path: string, url: URL, { etag, lastModified, body }: KeptPage): Promise<number> {
  const { contentType, contentEncoding, held } = body;
  const draft = `${path}.${randomBytes(6).toString("hex")}`;
  const file = await open(draft, "wx", 0o600);
  try {
    const described = { url: requested(url), etag, lastModified, contentType, contentEncoding };
    const head = { ...described, sizeBytes: held.sizeBytes, identity: await identityOf(file) };
    const content = Buffer.concat([Buffer.from(`${JSON.stringify(head)}\n`), held.part(0, held.sizeBytes)]);
    await file.writeFile(content);
    await file.close();
    await rename(draft, path);
    return content.byteLength;
  } catch (thrown) {
    await file.close();
    await rm(draft, { force: true });
    throw thrown;
  }
}

/** What no copy of a file has in common with it, and neither a new name nor another content changes. */
async function identityOf(file: FileHandle): Promise<string> {
  const { dev, ino, birthtimeNs } = await file.stat({ bigint: true });
  return [dev, ino, birthtimeNs].join("-");
}

async function readPage(path: string, url: URL): Promise<KeptPage | undefined> {
  const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW).catch((thrown: unknown) => {
    if (systemErrorCode(thrown) !== "ENOENT") throw thrown;
  });
  if (file === undefined) return undefined;
  try {
    const content = await file.readFile();
    const end = content.indexOf(0x0a);
    const head = headSchema.parse(JSON.parse(content.toString("utf8", 0, end)));
    const { etag, lastModified, contentType, contentEncoding } = head;
    const bytes = Uint8Array.from(content.subarray(end + 1));
    const isWhole = head.url === requested(url) && head.sizeBytes === bytes.byteLength;
    if (!isWhole || head.identity !== (await identityOf(file))) return undefined;
    const now = new Date();
    await file.utimes(now, now);
    return { etag, lastModified, body: { contentType, contentEncoding, held: heldInMemory(bytes) } };
  } finally {
    await file.close();
  }
}

/** Make room where there is too little, and remove what was never finished. Gives how much is left, in bytes. */
async function tidy(folder: string, maxBytes: number): Promise<number> {
  const names = (await readdir(folder)).filter((name) => name.startsWith("page-"));
  const found = await Promise.all(names.map((name) => statOf(join(folder, name))));
  const pages = found.flatMap((page) => page ?? []).toSorted((a, b) => b.usedMs - a.usedMs);
  const all = pages.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  const wantedBytes = all > maxBytes ? maxBytes * (1 - roomShare) : Infinity;
  let keptBytes = 0;
  for (const { path, sizeBytes, usedMs, isWhole } of pages) {
    const isWanted = isWhole ? keptBytes + sizeBytes <= wantedBytes : usedMs > Date.now() - draftMs;
    if (isWanted) keptBytes += sizeBytes;
    else await rm(path, { force: true });
  }
  return keptBytes;
}

/** A page that is still being written after so long belongs to a process that has ended. */
const draftMs = 60_000;

async function statOf(path: string) {
  const isWhole = namePattern.test(basename(path));
  try {
    const { size: sizeBytes, mtimeMs: usedMs } = await stat(path);
    return { path, sizeBytes, usedMs, isWhole };
  } catch (thrown) {
    // removed in this moment
    if (systemErrorCode(thrown) === "ENOENT") return undefined;
    throw thrown;
  }
}
