import { randomBytes } from "node:crypto";
import { closeSync, constants, mkdirSync, openSync, readSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { errorMessage, systemErrorCode, ToolError } from "../errors.ts";

/** The bytes of a body, wherever they are held. */
export interface HeldBytes {
  sizeBytes: number;
  /** A copy of some of them. */
  part(start: number, end: number): Uint8Array<ArrayBuffer>;
  /** All of them, in a buffer that can move to another thread. They are held no more. */
  take(): Uint8Array<ArrayBuffer>;
  /** The second time does nothing. */
  close(): void;
}

/** Bytes that are being written to a file. */
export interface BodyFile extends HeldBytes {
  /** @throws ToolError `unavailable` where the disk is full or cannot be written */
  add(piece: Uint8Array): void;
}

/**
 * Open a file that only this process can read and that no name leads to: it is gone with the process, however that ends.
 *
 * What is written goes to the pages of the system, in microseconds, and mostly never to the disk: waiting for it with a
 * thread of its own would take longer.
 *
 * @param parent of the folder in which it has a name for a moment; the system's for such files where undefined
 * @throws ToolError `unavailable`
 */
export function openBodyFile(parent: string = tmpdir()): BodyFile {
  try {
    const file = openUnnamed(join(parent, `axoner-body-${randomBytes(8).toString("hex")}`));
    const held = heldInFile(file, { start: 0, sizeBytes: 0 });
    return {
      ...held,
      get sizeBytes() {
        return held.sizeBytes;
      },
      add(piece) {
        held.checkOpen();
        try {
          for (let at = 0; at < piece.byteLength;) at += writeSync(file, piece, at);
        } catch (thrown) {
          throw noFile(thrown);
        }
        held.sizeBytes += piece.byteLength;
      },
    };
  } catch (thrown) {
    throw noFile(thrown);
  }
}

function openUnnamed(folder: string): number {
  mkdirSync(folder, { mode: 0o700 });
  try {
    return openSync(join(folder, "body"), constants.O_RDWR | constants.O_CREAT | constants.O_EXCL, 0o600);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function noFile(thrown: unknown): ToolError {
  const code = systemErrorCode(thrown);
  const isFull = code === "ENOSPC" || code === "EDQUOT";
  const advice = isFull
    ? "no space is left on the disk; free some"
    : `${errorMessage(thrown)}; make the folder writable`;
  return new ToolError("unavailable", `large pages are received into temporary files: ${advice}`, { cause: thrown });
}

/** Bytes in a file that is open, and is closed with them. */
export function heldInFile(file: number, { start, sizeBytes }: { start: number; sizeBytes: number }) {
  let isOpen = true;
  const held: HeldBytes & { checkOpen(): void } = {
    sizeBytes,
    /** The number of a file that is closed may be that of another one by now. */
    checkOpen() {
      if (!isOpen) throw new TypeError("the file of a body is closed already");
    },
    part(from, to) {
      held.checkOpen();
      const part = new Uint8Array(Math.max(0, Math.min(to, held.sizeBytes) - Math.max(0, from)));
      for (let at = 0; at < part.byteLength;) {
        const read = readSync(file, part, at, part.byteLength - at, start + Math.max(0, from) + at);
        if (read === 0) throw new TypeError("a file of a body is shorter than what was written to it");
        at += read;
      }
      return part;
    },
    take() {
      const whole = held.part(0, held.sizeBytes);
      held.close();
      return whole;
    },
    close() {
      if (isOpen) closeSync(file);
      isOpen = false;
    },
  };
  return held;
}

export function heldInMemory(bytes: Uint8Array<ArrayBuffer>): HeldBytes {
  return {
    sizeBytes: bytes.byteLength,
    part: (from, to) => bytes.slice(Math.max(0, from), to),
    take: () => bytes,
    close() {},
  };
}
