import type { JsonValue } from "../message.ts";
import { beginning, cutText, toJson } from "./text.ts";

/** A JSON value as UTF-8, in pieces that a thread can hand over, and as much of it as a preview shows. */
export interface JsonBytes {
  /** Together they are the text; each has a buffer of its own. */
  pieces: Uint8Array<ArrayBuffer>[];
  /** The value itself; the beginning of a longer one, of what is no text as JSON, that ends in `…`. */
  shown: JsonValue;
  isCut: boolean;
}

/** Nothing larger than this is there twice while a large value is encoded. */
const pieceChars = 262_144;
const encoder = new TextEncoder();

/** @param shownChars at most `pieceChars` count */
export function encodeJson(value: JsonValue, shownChars: number): JsonBytes {
  const pieces: Uint8Array<ArrayBuffer>[] = [];
  const { shown, isCut } = writeJson(value, shownChars, (piece) => void pieces.push(piece));
  return { pieces, shown, isCut };
}

/** As `encodeJson`, handing on each piece as soon as it is made. */
export function writeJson(
  value: JsonValue,
  shownChars: number,
  take: (piece: Uint8Array<ArrayBuffer>) => void,
): Pick<JsonBytes, "shown" | "isCut"> & { sizeBytes: number } {
  let first: string | undefined;
  let text = "";
  let sizeBytes = 0;
  const flush = () => {
    first ??= text;
    const piece = encoder.encode(text);
    sizeBytes += piece.byteLength;
    text = "";
    take(piece);
  };
  writeValue(value, (json) => {
    text += json;
    if (text.length >= pieceChars) flush();
  });
  if (text !== "") flush();
  const whole = typeof value === "string" ? value : (first ?? "");
  const isCut = isLongKind(value) && whole.length > shownChars;
  return { shown: isCut ? cutText(whole, shownChars) : value, isCut, sizeBytes };
}

function isLongKind(value: JsonValue): boolean {
  return typeof value === "string" || (typeof value === "object" && value !== null);
}

/** Lists and what holds them go item by item, long texts part by part. */
function writeValue(value: JsonValue, write: (json: string) => void): void {
  if (isLongText(value)) writeLongText(value, write);
  else if (Array.isArray(value)) {
    write("[");
    for (const [index, item] of value.entries()) {
      if (index > 0) write(",");
      writeValue(item, write);
    }
    write("]");
  } else if (typeof value === "object" && value !== null && Object.values(value).some(isWrittenInParts)) {
    let before = "{";
    for (const [name, item] of Object.entries(value)) {
      write(`${before}${toJson(name)}:`);
      writeValue(item, write);
      before = ",";
    }
    write("}");
  } else write(toJson(value));
}

function isWrittenInParts(value: JsonValue): boolean {
  return isLongText(value) || (typeof value === "object" && value !== null);
}

function isLongText(value: JsonValue): value is string {
  return typeof value === "string" && value.length > pieceChars;
}

function writeLongText(text: string, write: (json: string) => void): void {
  write('"');
  for (let at = 0; at < text.length;) {
    const part = beginning(text.slice(at, at + pieceChars + 1), pieceChars);
    write(toJson(part).slice(1, -1));
    at += part.length;
  }
  write('"');
}

/** The value, which whoever asks for it looks into. */
export function decodeJson({ pieces }: JsonBytes): unknown {
  const decoder = new TextDecoder();
  return JSON.parse(pieces.map((piece) => decoder.decode(piece, { stream: true })).join(""));
}

export function sizeOf({ pieces }: JsonBytes): number {
  return pieces.reduce((sum, { byteLength }) => sum + byteLength, 0);
}

/** Free the pieces at once instead of when garbage is collected: there may be dozens of megabytes. */
export function releaseJson({ pieces }: JsonBytes): void {
  for (const { buffer } of pieces) buffer.transfer(0);
}
