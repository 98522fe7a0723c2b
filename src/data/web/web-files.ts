import { ToolError } from "../../errors.ts";
import type { JsonObject } from "../../message.ts";
import { cutText } from "../../text/text.ts";
import type { SourceFile } from "../files.ts";
import { inspectFile } from "../open-file.ts";
import { fileNameOf, parseWebAddress } from "./web-address.ts";
import type { Bytes, HeldFile, WebStore } from "./web-store.ts";

/** A file of the web, as it lies in the workspace. */
export interface WebFile extends SourceFile {
  /** What the file is called where its format is told by its name. */
  fileName: string;
  /** Whether the next call may find it where it is. */
  isKept: boolean;
  /** For the sidecar of what is made of it: address, validators, size, digest, time. */
  origin: JsonObject;
}

/** The files of the web that one call reads. Each is fetched once, so that the call sees one version of it. */
export interface WebFiles {
  /** @throws ToolError; the signal's reason once it aborts */
  get(source: string): Promise<WebFile>;
  /** Whether `get` has given a source already. */
  has(source: string): boolean;
  /** Let the files go. Those that may not be kept are removed. */
  close(): Promise<void>;
}

export interface WebCall {
  signal: AbortSignal;
  progress: (update: { done: number; total?: number; message: string }) => void;
}

/** Begin to read files of the web for one call. */
export function openWebFiles(store: WebStore, call: WebCall): WebFiles {
  const { signal } = call;
  const fetched = new Map<string, Promise<HeldFile>>();
  const arrived = new Set<string>();
  const report = openReport(call);

  return {
    async get(source) {
      const url = parseWebAddress(source);
      const onUpdate = (bytes: Bytes) => report(url, bytes);
      const pending = fetched.get(url.href) ?? store.fetch(url.href, { signal, onUpdate });
      fetched.set(url.href, pending);
      try {
        const file = await toFile(source, url, await pending);
        arrived.add(source);
        return file;
      } catch (thrown) {
        fetched.delete(url.href);
        throw named(thrown, source, url);
      }
    },
    has: (source) => arrived.has(source),
    async close() {
      const settled = await Promise.allSettled(fetched.values());
      for (const one of settled) if (one.status === "fulfilled") await one.value.release();
    },
  };
}

async function toFile(source: string, url: URL, { entry, path, isKept }: HeldFile): Promise<WebFile> {
  const { finalUrl, etag, lastModified, sizeBytes, sha256, fetchedAt } = entry;
  return {
    ...(await inspectFile(path, source)),
    fileName: fileNameOf(url, entry.contentType),
    isKept,
    origin: {
      url: source,
      ...(finalUrl === url.href ? {} : { final_url: withoutQuery(finalUrl) }),
      ...(etag === "" ? {} : { etag }),
      ...(lastModified === "" ? {} : { last_modified: lastModified }),
      size_bytes: sizeBytes,
      sha256,
      fetched_at: fetchedAt,
    },
  };
}

/** Where an address redirects to, the query is often a signature that lets its bearer in. */
function withoutQuery(address: string): string {
  return address.replace(/[?#].*/s, "");
}

/** What failed, by the name that the caller knows it by. */
function named(thrown: unknown, source: string, url: URL): unknown {
  if (!(thrown instanceof ToolError)) return thrown;
  const prefix = `${url.host}: `;
  const message = thrown.message.startsWith(prefix) ? thrown.message.slice(prefix.length) : thrown.message;
  return new ToolError(thrown.code, `'${cutText(source, 300)}' cannot be fetched: ${message}`, { cause: thrown });
}

const reportEveryMs = 200;

function openReport({ progress }: WebCall): (url: URL, bytes: Bytes) => void {
  const files = new Map<string, Bytes>();
  let most = 0;
  let lastAt = 0;
  return (url, bytes) => {
    files.set(url.href, bytes);
    if (performance.now() - lastAt < reportEveryMs) return;
    lastAt = performance.now();
    const received = [...files.values()].reduce((sum, file) => sum + file.received, 0);
    const totals = [...files.values()].map(({ total }) => total);
    const total = totals.reduce((sum, one) => (sum === undefined || one === undefined ? undefined : sum + one), 0);
    // A second attempt begins at nothing again.
    most = Math.max(most, received);
    const message = `bytes from ${url.host}`;
    progress({ done: most, ...(total === undefined ? {} : { total: Math.max(total, most) }), message });
  };
}
