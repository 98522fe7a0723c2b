import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import type { Readable } from "node:stream";
import { ConfigError, errorMessage } from "../../errors.ts";
import type { Picture } from "../../message.ts";
import { decodeText, UnsuitableFileError } from "./decode-text.ts";

/** What the user gives the model to read beside the prompt. */
export type Attachment =
  | { type: "text"; path: string; text: string }
  | { type: "picture"; path: string; picture: Picture };

/** About half a million tokens: more than most models read, and tools read files better. */
const maxTextBytes = 2_000_000;
/** What services take, before it grows by a third as base64. */
const maxPictureBytes = 3_750_000;

/**
 * A text or a picture. A pipe is read to its end, so `<(command)` of a shell is a file too.
 *
 * @throws UnsuitableFileError for what is too large, or neither of them; ConfigError for what cannot be read
 */
export async function readAttachment(path: string, signal: AbortSignal): Promise<Attachment> {
  try {
    if ((await stat(path)).isDirectory()) throw new ConfigError(`${path} is a folder; name a file in it`);
    return toAttachment(path, await readBytes(path, createReadStream(path, { signal })));
  } catch (thrown) {
    signal.throwIfAborted();
    if (thrown instanceof ConfigError) throw thrown;
    throw new ConfigError(`the file ${path} cannot be read: ${errorMessage(thrown)}`, { cause: thrown });
  }
}

/** @throws UnsuitableFileError for what is too large, or neither text nor picture */
export function toAttachment(path: string, bytes: Buffer): Attachment {
  const mediaType = mediaTypeOf(bytes);
  if (mediaType === undefined) {
    if (bytes.length > maxTextBytes) throw tooLarge(path, maxTextBytes);
    return { type: "text", path, text: decodeText(bytes, path) };
  }
  if (bytes.length > maxPictureBytes) throw tooLarge(path, maxPictureBytes);
  return { type: "picture", path, picture: { mediaType, base64: bytes.toString("base64") } };
}

/** @throws UnsuitableFileError for more than any attachment may have */
export async function readBytes(path: string, stream: Readable): Promise<Buffer> {
  const pieces: Buffer[] = [];
  let sizeBytes = 0;
  for await (const piece of stream) {
    const bytes = Buffer.from(piece as Uint8Array);
    sizeBytes += bytes.length;
    if (sizeBytes > maxPictureBytes)
      throw tooLarge(path, mediaTypeOf(pieces[0] ?? bytes) === undefined ? maxTextBytes : maxPictureBytes);
    pieces.push(bytes);
  }
  return Buffer.concat(pieces);
}

function tooLarge(path: string, maxBytes: number): UnsuitableFileError {
  const [what, advice] =
    maxBytes === maxTextBytes
      ? ["text", "name it in the prompt, and a tool reads what is needed of it"]
      : ["a picture", "make it smaller"];
  const most = `${(maxBytes / 1e6).toFixed(2)} MB`;
  return new UnsuitableFileError(`${path} is larger than the ${most} of ${what} that a prompt takes; ${advice}`);
}

/** How the pictures begin that services take. */
const beginnings: readonly [mediaType: string, beginning: RegExp][] = [
  ["image/png", /^\x89PNG\r\n\x1a\n/],
  ["image/jpeg", /^\xff\xd8\xff/],
  ["image/gif", /^GIF8[79]a/],
  ["image/webp", /^RIFF[^]{4}WEBP/],
];

function mediaTypeOf(bytes: Buffer): string | undefined {
  const start = bytes.subarray(0, 16).toString("latin1");
  return beginnings.find(([, beginning]) => beginning.test(start))?.[0];
}

export interface Prompt {
  prompt: string;
  images: Picture[];
}

/** A prompt with what is attached to it behind it. */
export function withAttachments(prompt: string, attachments: readonly Attachment[]): Prompt {
  const texts = attachments.map((one) => {
    const path = JSON.stringify(one.path);
    return one.type === "text" ? `<file path=${path}>\n${one.text}\n</file>` : `<picture path=${path} />`;
  });
  const images = attachments.flatMap((one) => (one.type === "picture" ? [one.picture] : []));
  return { prompt: [prompt, ...texts].filter((text) => text !== "").join("\n\n"), images };
}
