import { readSync, writeSync } from "node:fs";
import { z } from "zod";
import { saveCompiledCode } from "../compiled-code.ts";

/** What a process is given: something small, and bytes. */
export interface ByteTask {
  task: unknown;
  bytes: Uint8Array;
}

const byteHead = z.object({ task: z.unknown(), byteLength: z.int() });
/** Sent once all is written that is. */
export const byteReply = z.object({
  answer: z.unknown(),
  writtenBytes: z.int(),
  /** Whether the process had better be ended than used again. */
  isSpent: z.boolean(),
});

/** Takes a piece of an answer. It is written before this returns, and may be used again. */
export type TakePiece = (piece: Uint8Array<ArrayBuffer>) => void;

/**
 * The other end of `startByteProcess`. What `answer` throws ends the process.
 *
 * @param grownMb a process that has so much more after a task than it began with is not used again
 */
export function answerByteTasks(
  answer: (task: unknown, bytes: Uint8Array<ArrayBuffer>, take: TakePiece) => unknown,
  grownMb: number,
): void {
  const firstBytes = process.memoryUsage.rss();
  // The channel to the parent is what keeps this process alive: when the parent is gone, so is this process.
  process.on("message", (head: unknown) => {
    const { task, byteLength } = byteHead.parse(head);
    let writtenBytes = 0;
    const take: TakePiece = (piece) => {
      writeAll(piece);
      writtenBytes += piece.byteLength;
    };
    // A rejection stays unhandled on purpose: it ends this process, and the pool hears of it.
    void Promise.resolve(answer(task, readAll(byteLength), take)).then((answered) =>
      process.send?.(
        { answer: answered, writtenBytes, isSpent: process.memoryUsage.rss() > firstBytes + grownMb * 1e6 },
        saveCompiledCode,
      ),
    );
  });
  process.send?.("ready");
}

/** The pipes of a child block, as nothing else uses them: what waits here waits for nobody. */
function readAll(byteLength: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(byteLength);
  for (let at = 0; at < byteLength;) {
    const read = readSync(0, bytes, at, byteLength - at, null);
    if (read === 0) process.exit(1); // whoever sends them is gone
    at += read;
  }
  return bytes;
}

function writeAll(piece: Uint8Array): void {
  for (let at = 0; at < piece.byteLength;) at += writeSync(1, piece, at);
}
