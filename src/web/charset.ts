/**
 * The text of a body. A byte order mark decides, then the `charset` of the content type, then what the first bytes
 * of the page declare, then whether the bytes are valid UTF-8; what is left is read as windows-1252, as browsers do.
 */
export function decodeText(bytes: Uint8Array, contentType: string): string {
  const declared =
    byteOrderMark(bytes) ?? label(/charset\s*=\s*["']?([^"';\s]+)/i.exec(contentType)?.[1]) ?? declaration(bytes);
  if (declared !== undefined) return new TextDecoder(declared).decode(bytes);
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (invalid) {
    if (!(invalid instanceof TypeError)) throw invalid;
    return new TextDecoder("windows-1252").decode(bytes);
  }
}

function byteOrderMark(bytes: Uint8Array): string | undefined {
  const [first, second, third] = bytes;
  if (first === 0xef && second === 0xbb && third === 0xbf) return "utf-8";
  if (first === 0xfe && second === 0xff) return "utf-16be";
  return first === 0xff && second === 0xfe ? "utf-16le" : undefined;
}

/** `<meta charset=…>`, its older form, or the XML declaration. A page that can be read so is not in UTF-16. */
function declaration(bytes: Uint8Array): string | undefined {
  const head = new TextDecoder("windows-1252").decode(bytes.subarray(0, 1_024));
  const found = /<(?:meta\b[^>]*?charset|\?xml\b[^>]*?encoding)\s*=\s*["']?([^"'\s/>;]+)/i.exec(head)?.[1];
  const name = label(found);
  return name?.startsWith("utf-16") === true ? "utf-8" : name;
}

/** The standard's name of an encoding; undefined for one it does not know. */
function label(name: string | undefined): string | undefined {
  if (name === undefined) return undefined;
  try {
    return new TextDecoder(name).encoding;
  } catch (unknown) {
    if (!(unknown instanceof RangeError)) throw unknown;
    return undefined;
  }
}
