import type { Readable } from "node:stream";
import { AxonerError, ConfigError, systemErrorCode } from "../errors.ts";
import { showableJson, toJson } from "../text/text.ts";
import type { CommandContext, Output } from "./command.ts";

const maxInputBytes = 16_000_000;

/**
 * Resolves when the stream has taken the text, so that a slow reader slows the writer; rejects when it is closed.
 *
 * @throws AxonerError where a file cannot take it, e.g. on a full disk
 */
export function write(stream: Output, text: string): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  stream.write(text, (error) => (error ? reject(asUnwritable(error)) : resolve()));
  return promise;
}

function asUnwritable(error: Error): Error {
  const code = systemErrorCode(error);
  if (code === undefined || code === "EPIPE" || code.startsWith("ERR_")) return error;
  const message = `the output cannot be written: ${error.message}; make room on the disk, or write to another place`;
  return new AxonerError(message, { cause: error });
}

/** JSON on a line of its own; indented for a person, unless it is one line of many. */
export function writeJson(stream: Output, value: unknown, { isLine = false } = {}): Promise<void> {
  if (stream.isTTY !== true) return write(stream, `${toJson(value)}\n`);
  return write(stream, `${showableJson(toJson(value, isLine ? undefined : 2))}\n`);
}

/**
 * All of stdin as UTF-8.
 *
 * @throws ConfigError where it is too long, the signal's reason after an abort
 */
export async function readStdin(context: CommandContext): Promise<string> {
  return followStdin(context, async (stdin) => {
    const pieces: Buffer[] = [];
    let sizeBytes = 0;
    for await (const piece of stdin) {
      const bytes = Buffer.from(piece as Uint8Array);
      sizeBytes += bytes.length;
      if (sizeBytes > maxInputBytes)
        throw new ConfigError(`stdin holds more than ${maxInputBytes / 1e6} MB; pass a file to a tool instead`);
      pieces.push(bytes);
    }
    return Buffer.concat(pieces).toString("utf8");
  });
}

/** Read stdin as long as nothing interrupts. Rejects with the signal's reason after an abort. */
export async function followStdin<Result>(
  { stdin, signal }: CommandContext,
  read: (stdin: Readable) => Promise<Result>,
): Promise<Result> {
  const stop = () => stdin.destroy(signal.reason instanceof Error ? signal.reason : undefined);
  signal.addEventListener("abort", stop, { once: true });
  try {
    signal.throwIfAborted();
    return await read(stdin);
  } finally {
    signal.removeEventListener("abort", stop);
    signal.throwIfAborted();
  }
}
