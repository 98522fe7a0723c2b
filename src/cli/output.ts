import type { Readable } from "node:stream";
import { ConfigError } from "../errors.ts";
import { toJson } from "../text.ts";
import type { CommandContext, Output } from "./command.ts";

const maxInputBytes = 16_000_000;

/** Resolves when the stream has taken the text, so that a slow reader slows the writer; rejects when it is closed. */
export function write(stream: Output, text: string): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  stream.write(text, (error) => (error ? reject(error) : resolve()));
  return promise;
}

/** JSON on a line of its own; indented for a person. */
export function writeJson(stream: Output, value: unknown): Promise<void> {
  return write(stream, `${toJson(value, stream.isTTY ? 2 : undefined)}\n`);
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
