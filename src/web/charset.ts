import { guessLegacyEncoding } from "../text/encodings.ts";

/**
 * The text of a body. A byte order mark decides, then the `charset` of the content type, then what the first bytes
 * of the page declare, then whether the bytes are valid UTF-8, then what they look like; what is left is read as
 * windows-1252, as browsers do. Two declarations are not believed against the bytes: a Western one of what is valid
 * UTF-8, which servers put on everything, and UTF-8 of what mostly is none.
 */
export function decodeText(bytes: Uint8Array, contentType: string): string {
  const mark = byteOrderMark(bytes);
  if (mark !== undefined) return new TextDecoder(mark).decode(bytes);
  const declared = label(/charset\s*=\s*["']?([^"';\s]+)/i.exec(contentType)?.[1]) ?? declaration(bytes);
  if (declared !== undefined && declared !== "utf-8" && declared !== "windows-1252") {
    return new TextDecoder(declared).decode(bytes);
  }
  const text = strictUtf8(bytes);
  if (text !== undefined) return text;
  if (declared === "windows-1252") return new TextDecoder(declared).decode(bytes);
  if (declared === "utf-8") {
    const lenient = new TextDecoder("utf-8").decode(bytes);
    if (isMostlyRight(lenient)) return lenient;
  }
  return new TextDecoder(guess(bytes) ?? "windows-1252").decode(bytes);
}

const strict = new TextDecoder("utf-8", { fatal: true });
const latin = new TextDecoder("windows-1252");

function strictUtf8(bytes: Uint8Array): string | undefined {
  try {
    return strict.decode(bytes);
  } catch (invalid) {
    if (!(invalid instanceof TypeError)) throw invalid;
    return undefined;
  }
}

/** A few damaged characters among many are no other encoding. */
function isMostlyRight(text: string): boolean {
  let right = 0;
  let wrong = 0;
  for (const [char] of text.matchAll(/[^\0-\x7f]/gu)) {
    if (char === "\ufffd") wrong += 1;
    else right += 1;
  }
  return right >= wrong;
}

/** As much as the guess needs, from where the text is: the head of a page is mostly ASCII. */
const guessedBytes = 32_768;

function guess(bytes: Uint8Array): string | undefined {
  const start = bytes.findIndex((byte) => byte >= 0x80);
  const sample = bytes.subarray(start, start + guessedBytes);
  return guessLegacyEncoding(sample, start + guessedBytes >= bytes.length);
}

function byteOrderMark(bytes: Uint8Array): string | undefined {
  const [first, second, third] = bytes;
  if (first === 0xef && second === 0xbb && third === 0xbf) return "utf-8";
  if (first === 0xfe && second === 0xff) return "utf-16be";
  return first === 0xff && second === 0xfe ? "utf-16le" : undefined;
}

/** `<meta charset=…>`, its older form, or the XML declaration. A page that can be read so is not in UTF-16. */
function declaration(bytes: Uint8Array): string | undefined {
  const head = latin.decode(bytes.subarray(0, 1_024));
  const found = /<(?:meta\b[^>]*?charset|\?xml\b[^>]*?encoding)\s*=\s*["']?([^"'\s/>;]+)/i.exec(head)?.[1];
  const name = label(found);
  return name?.startsWith("utf-16") === true ? "utf-8" : name;
}

/** The standard's name of an encoding; undefined for one it does not know. */
function label(name: string | undefined): string | undefined {
  if (name === undefined) return undefined;
  if (/^utf-?8$/i.test(name)) return "utf-8";
  try {
    return new TextDecoder(name).encoding;
  } catch (unknown) {
    if (!(unknown instanceof RangeError)) throw unknown;
    return undefined;
  }
}
