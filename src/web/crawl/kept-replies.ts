import { createHash } from "node:crypto";
import { closeSync, constants, fstatSync, openSync, readSync, writeSync } from "node:fs";
import { readdir, rm, rmdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { errorCodes, systemErrorCode, ToolError } from "../../errors.ts";
import { log } from "../../log.ts";
import { heldInFile, heldInMemory } from "../body-file.ts";
import { smallBodyBytes, type PageBody } from "../page-body.ts";
import { makeFolders } from "../../make-folders.ts";

/** A reply that is there and whose page is no row yet. */
export interface KeptReply extends Omit<z.output<typeof headSchema>, "url" | "bodyBytes" | "identity" | "error"> {
  /** Null where the page failed. */
  body: PageBody | null;
  error: ToolError | undefined;
}

/** Replies to the requests of a crawl, on disk from when they are there until their rows are: a kill loses none. */
export interface KeptReplies {
  /** Is done when it returns: whatever happens to this process then, the page need not be asked for again. */
  keep(url: string, reply: KeptReply): void;
  /** Whoever gets a body closes it. */
  find(url: string): KeptReply | undefined;
  /** The row is written. */
  drop(urls: readonly string[]): Promise<void>;
  close(): Promise<void>;
}

const headSchema = z.object({
  url: z.string(),
  finalUrl: z.string(),
  status: z.int(),
  fetchedAt: z.string(),
  elapsedMs: z.number(),
  /** What `X-Robots-Tag` said. */
  tags: z.array(z.string()),
  contentType: z.string(),
  contentEncoding: z.string(),
  error: z.object({ code: z.enum(errorCodes), message: z.string() }).nullable(),
  bodyBytes: z.int(),
  /** Of the file itself: one that came with somebody's project has another, and nobody fetched it. */
  identity: z.string(),
});

/** Crawls that nobody has gone on with for so long are not gone on with. */
const maxAgeMs = 30 * 24 * 3_600_000;

/** @param parent of the folder `replies`; @param crawl what this crawl and whoever goes on with it are called */
export async function openKeptReplies(parent: string, crawl: string): Promise<KeptReplies> {
  const all = join(parent, "replies");
  const folder = join(all, nameOf(crawl));
  await makeFolders(folder, 0o700);
  await removeOld(all);
  const pathOf = (url: string) => join(folder, nameOf(url));
  return {
    keep(url, reply) {
      try {
        write(pathOf(url), url, reply);
      } catch (thrown) {
        log.debug("a reply cannot be kept", thrown);
      }
    },
    find(url) {
      try {
        return read(pathOf(url), url);
      } catch (thrown) {
        log.debug("a kept reply cannot be read", thrown);
        return undefined;
      }
    },
    async drop(urls) {
      for (const url of urls) await rm(pathOf(url), { force: true });
    },
    async close() {
      await rmdir(folder).catch((thrown: unknown) => log.debug("replies stay for whoever goes on", thrown));
    },
  };
}

function nameOf(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 32);
}

const partBytes = 262_144;

/** A head of one line of JSON, then the body as it came. One that is cut short tells so by its length. */
function write(path: string, url: string, { body, error, ...reply }: KeptReply): void {
  const bodyBytes = body?.held.sizeBytes ?? 0;
  const file = openSync(path, constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC | constants.O_NOFOLLOW, 0o600);
  try {
    const told = error === undefined ? null : { code: error.code, message: error.message };
    const head = { ...reply, url, error: told, bodyBytes, identity: identityOf(file) };
    writeAll(file, Buffer.from(`${JSON.stringify(head)}\n`));
    if (body === null) return;
    for (let at = 0; at < bodyBytes; at += partBytes) writeAll(file, body.held.part(at, at + partBytes));
  } finally {
    closeSync(file);
  }
}

function writeAll(file: number, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.byteLength;) at += writeSync(file, bytes, at);
}

/** What no copy of a file has in common with it. */
function identityOf(file: number): string {
  const { dev, ino, birthtimeNs } = fstatSync(file, { bigint: true });
  return [dev, ino, birthtimeNs].join("-");
}

function read(path: string, url: string): KeptReply | undefined {
  const file = openExisting(path);
  if (file === undefined) return undefined;
  let isHeld = false;
  try {
    const beginning = readBeginning(file);
    const end = beginning.indexOf(0x0a);
    if (end < 0) return undefined;
    const { bodyBytes, identity, error, ...head } = headSchema.parse(JSON.parse(beginning.toString("utf8", 0, end)));
    const start = end + 1;
    const isWhole = start + bodyBytes === fstatSync(file).size && identity === identityOf(file);
    if (head.url !== url || !isWhole) return undefined;
    if (error !== null) return { ...head, body: null, error: new ToolError(error.code, error.message) };
    const { contentType, contentEncoding } = head;
    isHeld = bodyBytes > smallBodyBytes;
    const inFile = heldInFile(file, { start, sizeBytes: bodyBytes });
    const held = isHeld ? inFile : heldInMemory(inFile.part(0, bodyBytes));
    return { ...head, body: { contentType, contentEncoding, held }, error: undefined };
  } finally {
    if (!isHeld) closeSync(file);
  }
}

/** More than a head has: its headers come to 64 KB at most. */
const maxHeadBytes = 262_144;

function readBeginning(file: number): Buffer {
  const beginning = Buffer.alloc(maxHeadBytes);
  return beginning.subarray(0, readSync(file, beginning, 0, maxHeadBytes, 0));
}

function openExisting(path: string): number | undefined {
  try {
    return openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW);
  } catch (thrown) {
    if (systemErrorCode(thrown) === "ENOENT") return undefined;
    throw thrown;
  }
}

async function removeOld(all: string): Promise<void> {
  for (const name of await readdir(all)) {
    const path = join(all, name);
    const found = await stat(path).catch(() => undefined); // another crawl may have removed its own
    if (found !== undefined && found.mtimeMs < Date.now() - maxAgeMs) await rm(path, { recursive: true, force: true });
  }
}
