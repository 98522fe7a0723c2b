/** How files begin that hold no text, and what messages call them. */
const binaries: readonly { magic: readonly number[]; what: string }[] = [
  { magic: [0x7f, 0x45, 0x4c, 0x46], what: "a program" },
  { magic: [0x89, 0x50, 0x4e, 0x47], what: "a PNG picture" },
  { magic: [0xff, 0xd8, 0xff], what: "a JPEG picture" },
  { magic: [0x41, 0x52, 0x52, 0x4f, 0x57, 0x31, 0], what: "an Arrow file" },
  { magic: [0x4f, 0x62, 0x6a, 0x01], what: "an Avro file" },
  { magic: [0x89, 0x48, 0x44, 0x46], what: "an HDF5 file" },
  { magic: [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59], what: "a NumPy file" },
];

/** What a file is that holds no text, by its first bytes; undefined for text. */
export function binaryKind(bytes: Uint8Array): string | undefined {
  const known = binaries.find(({ magic }) => magic.every((byte, index) => bytes[index] === byte));
  if (known !== undefined) return known.what;
  return isControlled(bytes) ? "a binary file" : undefined;
}

/** A few may have slipped into a text, where they are characters like others: of a short one they are a larger share. */
const usualShare = 1 / 100;
const few = { count: 8, share: 1 / 8 };
const fewest = 2;

function isControlled(bytes: Uint8Array): boolean {
  const told = withoutPadding(bytes);
  if (told.length === 0 && bytes.length > 0) return true;
  const count = countControls(told);
  return count > told.length * usualShare && count > fewest && (count > few.count || count > told.length * few.share);
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

/** UTF-16 by its mark, or by the zeros beside the characters of ASCII. */
export function utf16Of(bytes: Uint8Array, isWhole: boolean): "utf-16le" | "utf-16be" | undefined {
  const [first, second] = bytes;
  if (first === 0xff && second === 0xfe) return "utf-16le";
  if (first === 0xfe && second === 0xff) return "utf-16be";
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
