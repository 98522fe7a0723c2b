/** How files begin that hold no text, and what messages call them. */
const binaries: readonly { magic: readonly number[]; what: string }[] = [
  { magic: [0x7f, 0x45, 0x4c, 0x46], what: "a program" },
  { magic: [0x89, 0x50, 0x4e, 0x47], what: "a PNG picture" },
  { magic: [0xff, 0xd8, 0xff], what: "a JPEG picture" },
  { magic: [0x41, 0x52, 0x52, 0x4f, 0x57, 0x31, 0], what: "an Arrow file" },
  { magic: [0x4f, 0x62, 0x6a, 0x01], what: "an Avro file" },
  { magic: [0x89, 0x48, 0x44, 0x46], what: "an HDF5 file" },
  { magic: [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59], what: "a NumPy file" },
  { magic: [0x50, 0x4b, 0x03, 0x04], what: "a ZIP archive" },
  { magic: [0x1f, 0x8b], what: "compressed with gzip" },
];

/** RIFF is what holds them: four letters, a length, and the kind. */
const riffs: Readonly<Record<string, string>> = {
  WAVE: "a WAV recording",
  "AVI ": "an AVI film",
  WEBP: "a WebP picture",
};

/** What a file is that surely holds no text, by its first bytes. */
export function knownBinary(bytes: Uint8Array): string | undefined {
  const known = binaries.find(({ magic }) => magic.every((byte, index) => bytes[index] === byte));
  if (known !== undefined) return known.what;
  const start = Buffer.from(bytes.subarray(0, 12)).toString("latin1");
  return start.startsWith("RIFF") ? riffs[start.slice(8)] : undefined;
}

/** A few may have slipped into a text, where they are characters like others: of a short one they are a larger share. */
const usualShare = 1 / 100;
const few = { count: 8, share: 1 / 8 };
const fewest = 2;

/** Whether bytes hold so many characters of control that they are no text. */
export function isControlled(bytes: Uint8Array): boolean {
  const told = withoutPadding(bytes);
  if (told.length === 0 && bytes.length > 0) return true;
  return areMany(countControls(told), told.length);
}

function areMany(count: number, length: number): boolean {
  return count > length * usualShare && count > fewest && (count > few.count || count > length * few.share);
}

/** Without the zeros at its end: some programs make a file longer before they write it. */
export function withoutPadding(bytes: Uint8Array): Uint8Array {
  let end = bytes.length;
  while (end > 0 && bytes[end - 1] === 0) end -= 1;
  return bytes.subarray(0, end);
}

/** All but blanks and line ends, the start of terminal colours, and two delimiters. */
const controls = /[\x00\x02-\x08\x0e-\x1a\x1c-\x1e]/g;

/** By a pattern: a loop over the bytes of a head takes longer than all else that is done to it. */
function countControls({ buffer, byteOffset, byteLength }: Uint8Array): number {
  return Buffer.from(buffer, byteOffset, byteLength).toString("latin1").match(controls)?.length ?? 0;
}

/** UTF-32 by its mark, which begins as that of UTF-16. */
export function isUtf32([first, second, third, fourth]: Uint8Array): boolean {
  const isLittle = first === 0xff && second === 0xfe && third === 0 && fourth === 0;
  return isLittle || (first === 0 && second === 0 && third === 0xfe && fourth === 0xff);
}

type Utf16 = "utf-16le" | "utf-16be";

/** UTF-16 by its mark. */
export function markedUtf16([first, second]: Uint8Array): Utf16 | undefined {
  if (first === 0xff && second === 0xfe) return "utf-16le";
  return first === 0xfe && second === 0xff ? "utf-16be" : undefined;
}

/** UTF-16 by the zeros beside the characters of ASCII, where they make ordinary text. */
export function seemingUtf16(bytes: Uint8Array, isWhole: boolean): Utf16 | undefined {
  const seeming = utf16ByZeros(bytes, isWhole);
  if (seeming === undefined) return undefined;
  const told = bytes.subarray(0, withoutPadding(bytes).length + 1);
  const text = new TextDecoder(seeming).decode(told, { stream: true });
  return areMany(text.match(strange)?.length ?? 0, text.length) ? undefined : seeming;
}

/** As `controls`, and what no text is written with: numbers of two bytes come out as all there is. */
const strange = /[\x00\x02-\x08\x0e-\x1a\x1c-\x1e\ufffd\p{Cn}\p{Co}\p{Cs}]/gu;

function utf16ByZeros(bytes: Uint8Array, isWhole: boolean): Utf16 | undefined {
  if (isWhole && bytes.length % 2 === 1) return undefined;
  const [even, odd] = countZeros(bytes);
  const least = bytes.length / 8;
  if (odd > least && even <= odd * strayShare && haveZeros(bytes, 1)) return "utf-16le";
  if (even > least && odd <= even * strayShare && haveZeros(bytes, -1)) return "utf-16be";
  return undefined;
}

/** Some characters beyond ASCII have a zero on the other side. */
const strayShare = 1 / 4;

function countZeros(bytes: Uint8Array): [even: number, odd: number] {
  let even = 0;
  let odd = 0;
  for (let at = bytes.indexOf(0); at >= 0; at = bytes.indexOf(0, at + 1)) {
    if (at % 2 === 0) even += 1;
    else odd += 1;
  }
  return [even, odd];
}

/** Whether line feeds have the other half of their character beside them. A text of bytes has zeros in its cells only. */
function haveZeros(bytes: Uint8Array, side: 1 | -1): boolean {
  let balance = 0;
  for (let at = bytes.indexOf(0x0a); at >= 0; at = bytes.indexOf(0x0a, at + 1))
    balance += bytes[at + side] === 0 ? 1 : -1;
  return balance >= 0;
}
