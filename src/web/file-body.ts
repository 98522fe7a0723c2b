import { createHash } from "node:crypto";
import { open, type FileHandle } from "node:fs/promises";
import { Readable, Writable, type Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import { callbackify } from "node:util";
import { createBrotliDecompress, createGunzip, createInflate, createZstdDecompress } from "node:zlib";
import { errorMessage, systemErrorCode, ToolError } from "../errors.ts";
import { cutText } from "../text/text.ts";
import type { OpenReply } from "./exchange.ts";

/** A body that has been written to a file. */
export interface FileBody {
  /** Of the file: without content encoding. */
  sizeBytes: number;
  sha256: string;
}

export interface FileBodyOptions {
  /** Written anew; what is there is lost. Whoever asked for it removes it where reading fails. */
  target: string;
  /** Of the file, and of the body as it comes over the wire. */
  maxBytes: number;
  /** What to say of a file that is larger. */
  whenLarge: string;
  /** Whether the first bytes are those of a file that is wanted. @throws ToolError */
  check: (head: Uint8Array) => void;
  /** Told of each part: bytes over the wire, and how many there will be where the server has said so. */
  onBytes: (received: number, total: number | undefined) => void;
}

export const acceptedEncodings = "gzip, br, zstd, deflate";

const headBytes = 1_024;

/**
 * Write the body of a reply to a file as it comes in, without its content encoding.
 *
 * @throws ToolError `too_large`, `unreadable` for an encoding that was not asked for or is damaged, `unavailable`
 * where the file cannot be written; what the connection throws, as it is
 */
export async function receiveFile(reply: OpenReply, options: FileBodyOptions): Promise<FileBody> {
  const { url, header, body } = reply;
  const total = Number(header("content-length")) || undefined;
  if (total !== undefined && total > options.maxBytes) throw tooLarge(url, options);
  const decoders = decodersFor(url, header("content-encoding"));
  const file = await openTarget(options.target);
  const sink = openSink(file, { url, ...options });
  try {
    const received = Readable.from(counted(body, { url, total, ...options }), { objectMode: false });
    await pipeline([received, ...decoders, sink.stream]);
    return sink.written();
  } catch (thrown) {
    throw damage(thrown, url);
  } finally {
    await file.close();
  }
}

type At = FileBodyOptions & { url: URL };

async function* counted(body: AsyncIterable<unknown>, { total, ...options }: At & { total: number | undefined }) {
  let received = 0;
  for await (const chunk of body) {
    if (!(chunk instanceof Uint8Array)) throw new TypeError("undici gave a body that is not bytes");
    received += chunk.byteLength;
    if (received > options.maxBytes) throw tooLarge(options.url, options);
    options.onBytes(received, total);
    yield chunk;
  }
}

function openSink(file: FileHandle, { url, check, ...options }: At) {
  const hash = createHash("sha256");
  let sizeBytes = 0;
  let head: Uint8Array = new Uint8Array();
  const take = async (chunk: Uint8Array) => {
    sizeBytes += chunk.byteLength;
    if (sizeBytes > options.maxBytes) throw tooLarge(url, options);
    if (head.byteLength < headBytes) {
      head = Buffer.concat([head, chunk.subarray(0, headBytes)]);
      check(head);
    }
    hash.update(chunk);
    await append(file, chunk);
  };
  const write = callbackify(take);
  const stream = new Writable({
    write: (chunk: Uint8Array, _encoding, done) => write(chunk, (failure) => done(failure)),
  });
  return { stream, written: (): FileBody => ({ sizeBytes, sha256: hash.digest("hex") }) };
}

async function append(file: FileHandle, chunk: Uint8Array): Promise<void> {
  try {
    await file.appendFile(chunk);
  } catch (thrown) {
    throw writeFailure(thrown);
  }
}

async function openTarget(path: string): Promise<FileHandle> {
  try {
    return await open(path, "w", 0o600);
  } catch (thrown) {
    throw writeFailure(thrown);
  }
}

function writeFailure(thrown: unknown): unknown {
  const code = systemErrorCode(thrown);
  if (code === undefined) return thrown;
  const full = code === "ENOSPC" || code === "EDQUOT";
  const advice = full ? "no space is left on the disk; free some" : `${code}; make the workspace writable`;
  return new ToolError("unavailable", `the file cannot be kept in the workspace: ${advice}`, { cause: thrown });
}

function tooLarge(url: URL, { maxBytes, whenLarge }: Pick<FileBodyOptions, "maxBytes" | "whenLarge">): ToolError {
  const limit = maxBytes >= 10_000_000 ? `${Math.round(maxBytes / 1_000_000)} MB` : `${maxBytes} bytes`;
  return new ToolError("too_large", `${url.host}: the file is larger than ${limit}; ${whenLarge}`);
}

/** More than one encoding on top of another is a bomb, not a file. */
const maxLayers = 2;

function decodersFor(url: URL, contentEncoding: string): Transform[] {
  const names = contentEncoding
    .toLowerCase()
    .split(",")
    .map((name) => name.trim())
    .filter((name) => name !== "" && name !== "identity");
  if (names.length > maxLayers) {
    throw new ToolError("unreadable", `${url.host}: the file is compressed ${names.length} times over`);
  }
  return names.toReversed().map((name) => {
    switch (name) {
      case "gzip":
      case "x-gzip":
        return createGunzip();
      case "deflate":
        return createInflate();
      case "br":
        return createBrotliDecompress();
      case "zstd":
        return createZstdDecompress();
      default: {
        const shown = cutText(name, 40);
        throw new ToolError("unreadable", `${url.host}: the file is encoded with ${shown}, which was not asked for`);
      }
    }
  });
}

/** A body that cannot be unpacked was broken on its way or by who sent it. */
function damage(thrown: unknown, url: URL): unknown {
  if (!/^(Z_|ERR__?(BROTLI|ZSTD)|ERR_Z|ZSTD_|BROTLI)/.test(systemErrorCode(thrown) ?? "")) return thrown;
  const detail = cutText(errorMessage(thrown), 80);
  return new ToolError("unreadable", `${url.host}: the content encoding is damaged (${detail}); try again`, {
    cause: thrown,
  });
}
