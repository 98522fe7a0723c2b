import { knownBinary } from "../../data/text/binary.ts";
import { sniffEncoding } from "../../data/text/dialect.ts";
import { ConfigError, ToolError } from "../../errors.ts";

/** A file that no model can be shown, although it can be read. */
export class UnsuitableFileError extends ConfigError {
  override name = "ConfigError";
}

/**
 * Bytes as the text that they are, in whatever encoding that can be told, without its mark.
 *
 * @param shown what messages call them
 * @throws UnsuitableFileError for what is no text, and for an encoding that cannot be told
 */
export function decodeText(bytes: Uint8Array, shown: string): string {
  const kind = knownBinary(bytes) ?? (startsWith(bytes, "%PDF-") ? "a PDF document" : undefined);
  if (kind !== undefined) throw notText(shown, kind);
  return new TextDecoder(encodingOf(bytes, shown)).decode(bytes);
}

/** An encoding is told by the beginning of a text. */
const headBytes = 1_000_000;

function encodingOf(bytes: Uint8Array, shown: string): string {
  try {
    return sniffEncoding({ shown, bytes: bytes.subarray(0, headBytes), complete: bytes.length <= headBytes });
  } catch (thrown) {
    if (!(thrown instanceof ToolError)) throw thrown;
    if (!/ is a .*, not text;/.test(thrown.message)) throw new UnsuitableFileError(thrown.message, { cause: thrown });
    throw notText(shown, "a binary file");
  }
}

function notText(shown: string, kind: string): UnsuitableFileError {
  return new UnsuitableFileError(
    `${shown} is ${kind}, not text; give a text or a picture (PNG, JPEG, GIF, WebP), or name the file in the prompt for a tool to read`,
  );
}

function startsWith(bytes: Uint8Array, text: string): boolean {
  return Buffer.from(bytes.subarray(0, text.length)).toString("latin1") === text;
}
