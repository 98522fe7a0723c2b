export const encodings = [
  "utf-8",
  "utf-16le",
  "utf-16be",
  "windows-1252",
  "windows-1251",
  "koi8-r",
  "shift_jis",
  "euc-jp",
  "euc-kr",
  "gb18030",
  "big5",
] as const;
export type Encoding = (typeof encodings)[number];

/** Whether a text of an encoding may hold bytes that mean nothing, so that reading it has to look out for them. */
export function canBeWrong(encoding: Encoding): boolean {
  return !/^(utf-16|windows|koi8)/.test(encoding);
}

/**
 * The encoding of a text that is neither UTF-8 nor UTF-16, by what its bytes would say in each; undefined where none
 * makes ordinary text of them.
 *
 * @param isWhole the bytes do not end in the middle of a character
 */
export function guessLegacyEncoding(bytes: Uint8Array, isWhole: boolean): Encoding | undefined {
  if (looksWestern(bytes)) return "windows-1252";
  return twoByte(bytes, isWhole) ?? cyrillic(bytes);
}

/** Bytes that Windows-1252 gives no character, and the first of most kana in Shift-JIS, which it hardly ever needs. */
const unusual = new Set([0x81, 0x83, 0x8d, 0x8f, 0x90, 0x9d]);

/** In Western European text letters with accents stand alone, or two of them in a word of others, as in `ção`. */
function looksWestern(bytes: Uint8Array): boolean {
  const counts = countHigh(bytes);
  if (counts.unusual > counts.high / 10) return false;
  if (counts.adjacent <= counts.high / 5) return true;
  return counts.inPairs >= counts.adjacent * 0.9 && counts.plain > counts.high / 2;
}

/** Of the bytes beyond ASCII: those after another, the second letters of a pair, and letters of ASCII in their words. */
function countHigh(bytes: Uint8Array) {
  const counts = { high: 0, adjacent: 0, unusual: 0, inPairs: 0, plain: 0 };
  let plain = 0;
  let hasHigh = false;
  for (const [index, byte] of bytes.entries()) {
    if (isPlainLetter(byte)) plain += 1;
    else if (byte < 0x80) {
      if (hasHigh) counts.plain += plain;
      plain = 0;
      hasHigh = false;
    } else {
      hasHigh = true;
      counts.high += 1;
      if (unusual.has(byte)) counts.unusual += 1;
      if (byteAt(bytes, index - 1) < 0x80) continue;
      counts.adjacent += 1;
      const isPair = byteAt(bytes, index - 2) < 0x80 && byteAt(bytes, index + 1) < 0x80;
      if (isPair && byte >= firstLetter && byteAt(bytes, index - 1) >= firstLetter) counts.inPairs += 1;
    }
  }
  if (hasHigh) counts.plain += plain;
  return counts;
}

/** The letters of Windows-1252 begin there, but for a few. */
const firstLetter = 0xc0;

function isPlainLetter(byte: number): boolean {
  const lower = byte | 0x20;
  return lower >= 0x61 && lower <= 0x7a && byte < 0x80;
}

function byteAt(bytes: Uint8Array, index: number): number {
  return bytes[index] ?? 0;
}

interface Script {
  encoding: Encoding;
  /** A share of the characters that must be usual ones of the script. */
  least: number;
  usual: RegExp;
  /** A share of the characters that must be of this kind besides. */
  sign?: { least: number; pattern: RegExp };
}

const kana = /[\u3041-\u30ff]/u;

/**
 * The first that fits. Each decoder rejects most texts of the others; where it does not, their characters come out as
 * rare ones. Japanese in EUC has kana, which Korean and Chinese text does not.
 */
const scripts: readonly Script[] = [
  {
    encoding: "euc-jp",
    least: 0.8,
    usual: /[\u3001-\u30ff\u4e00-\u9fff\uff01-\uff5e]/u,
    sign: { least: 0.1, pattern: kana },
  },
  { encoding: "euc-kr", least: 0.9, usual: /[\uac00-\ud7a3]/u },
  { encoding: "shift_jis", least: 0.9, usual: /[\u3001-\u30ff\u4e00-\u9fff\uff01-\uff5e]/u },
  { encoding: "big5", least: 0.9, usual: /[\u3001-\u3011\u4e00-\u9fff\uff01-\uff5e]/u },
  { encoding: "gb18030", least: 0.9, usual: /[\u3001-\u3011\u4e00-\u9fff\uff01-\uff5e\u201c\u201d]/u },
];

function twoByte(bytes: Uint8Array, isWhole: boolean): Encoding | undefined {
  return scripts.find((script) => {
    const characters = foreignCharacters(bytes, script.encoding, isWhole);
    if (characters === undefined || characters.length === 0 || swallowsLetters(bytes)) return false;
    const { least, usual, sign } = script;
    const isCommon = commonLead(bytes, script.encoding) >= leastCommon;
    return (
      isCommon &&
      share(characters, usual) >= least &&
      (sign === undefined || share(characters, sign.pattern) >= sign.least)
    );
  })?.encoding;
}

/** In Shift-JIS most of them have a letter as their second byte. */
const katakanaLead = 0x83;

/**
 * Whether bytes beyond ASCII mostly stand alone before a letter of ASCII, as accented letters of one byte do; as the
 * second bytes of characters letters are not that many.
 */
function swallowsLetters(bytes: Uint8Array): boolean {
  let pairs = 0;
  let withLetter = 0;
  for (let at = 0; at < bytes.length; at += 1) {
    const byte = byteAt(bytes, at);
    if (byte < 0x80) continue;
    at += 1;
    pairs += 1;
    if (byte !== katakanaLead && isPlainLetter(byteAt(bytes, at))) withLetter += 1;
  }
  return withLetter > pairs * 0.6;
}

/** What is not ASCII in a text; undefined where the bytes are none in this encoding. */
function foreignCharacters(bytes: Uint8Array, encoding: Encoding, isWhole: boolean): string[] | undefined {
  try {
    const text = new TextDecoder(encoding, { fatal: true }).decode(bytes, { stream: !isWhole });
    return [...text].filter((character) => character > "\x7f");
  } catch (thrown) {
    if (thrown instanceof TypeError) return undefined;
    throw thrown;
  }
}

function share(characters: readonly string[], pattern: RegExp): number {
  return characters.filter((character) => pattern.test(character)).length / characters.length;
}

const leastCommon = 0.75;

/** The first bytes of the characters that make up nearly all of ordinary text: the standards list those first. */
const commonLeads: Partial<Record<Encoding, readonly (readonly [from: number, to: number])[]>> = {
  "euc-jp": [
    [0xa1, 0xa5],
    [0xb0, 0xcf],
  ],
  "euc-kr": [[0xb0, 0xc8]],
  shift_jis: [
    [0x81, 0x83],
    [0x88, 0x97],
  ],
  big5: [
    [0xa1, 0xa1],
    [0xa4, 0xc6],
  ],
  gb18030: [
    [0xa1, 0xa3],
    [0xb0, 0xd7],
  ],
};

/** The share of two-byte characters that are among the common ones of an encoding. */
function commonLead(bytes: Uint8Array, encoding: Encoding): number {
  const ranges = commonLeads[encoding] ?? [];
  let all = 0;
  let common = 0;
  for (let at = 0; at < bytes.length; at += 1) {
    const byte = bytes[at] ?? 0;
    if (byte < 0x80) continue;
    all += 1;
    if (ranges.some(([from, to]) => byte >= from && byte <= to)) common += 1;
    at += 1;
  }
  return all === 0 ? 0 : common / all;
}

/**
 * Words are mostly lower case, and the two encodings have the cases the other way round. Text of other alphabets comes
 * out as Cyrillic too, but not with the letters that make up nearly half of it.
 */
function cyrillic(bytes: Uint8Array): Encoding | undefined {
  const { plain, high } = countHigh(bytes);
  // Cyrillic words have no Latin letters: those of Central Europe have
  const isMixed = plain > high / 4;
  const candidates = (["windows-1251", "koi8-r"] as const).map((encoding) => {
    const characters = foreignCharacters(bytes, encoding, true) ?? [];
    const isCyrillic =
      share(characters, /[\u0401-\u045f\u2116]/u) >= 0.9 && share(characters, /[оеаинт]/iu) >= 0.3 && !isMixed;
    return { encoding, isCyrillic, lower: share(characters, /[\u0430-\u045f]/u) };
  });
  const [best] = candidates.filter(({ isCyrillic }) => isCyrillic).toSorted((a, b) => b.lower - a.lower);
  return best !== undefined && best.lower >= 0.5 ? best.encoding : undefined;
}
