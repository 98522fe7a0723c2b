/** What is read of a TrueType font: how wide its characters are, and which ones it has. */
export interface FontMetrics {
  /** Advance of a text in ems; a character that the font lacks counts as one em. */
  width(text: string): number;
  has(codePoint: number): boolean;
}

/**
 * Read the character map and the advance widths.
 * https://learn.microsoft.com/en-us/typography/opentype/spec/otff
 *
 * @throws Error for a file that is no TrueType font, or has no Unicode map
 */
export function readFont(bytes: Uint8Array): FontMetrics {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const tables = tableOffsets(view);
  const unitsPerEm = view.getUint16(offsetOf(tables, "head") + 18);
  const metricCount = view.getUint16(offsetOf(tables, "hhea") + 34);
  const metrics = offsetOf(tables, "hmtx");
  const glyphs = readCharacterMap(view, offsetOf(tables, "cmap"));
  const advance = (glyph: number) => view.getUint16(metrics + 4 * Math.min(glyph, metricCount - 1)) / unitsPerEm;
  return {
    has: (codePoint) => glyphs.has(codePoint),
    width(text) {
      let total = 0;
      for (const character of text) {
        const glyph = glyphs.get(character.codePointAt(0) ?? 0);
        total += glyph === undefined ? 1 : advance(glyph);
      }
      return total;
    },
  };
}

function tableOffsets(view: DataView): Map<string, number> {
  const count = view.getUint16(4);
  const entries = Array.from({ length: count }, (_, index): [string, number] => {
    const at = 12 + 16 * index;
    const tag = String.fromCharCode(...[0, 1, 2, 3].map((byte) => view.getUint8(at + byte)));
    return [tag, view.getUint32(at + 8)];
  });
  return new Map(entries);
}

function offsetOf(tables: ReadonlyMap<string, number>, tag: string): number {
  const offset = tables.get(tag);
  if (offset === undefined) throw new Error(`the font has no table ${tag}`);
  return offset;
}

/** Glyphs by code point, from the subtable that covers most: format 12 where there is one, else format 4. */
function readCharacterMap(view: DataView, cmap: number): Map<number, number> {
  const subtables = Array.from({ length: view.getUint16(cmap + 2) }, (_, index) => {
    return cmap + view.getUint32(cmap + 4 + 8 * index + 4);
  });
  const full = subtables.find((at) => view.getUint16(at) === 12);
  if (full !== undefined) return readGroups(view, full);
  const basic = subtables.find((at) => view.getUint16(at) === 4);
  if (basic !== undefined) return readSegments(view, basic);
  throw new Error("the font has no Unicode character map");
}

function readGroups(view: DataView, at: number): Map<number, number> {
  const glyphs = new Map<number, number>();
  for (let group = 0; group < view.getUint32(at + 12); group++) {
    const from = at + 16 + 12 * group;
    const [first, last, glyph] = [view.getUint32(from), view.getUint32(from + 4), view.getUint32(from + 8)];
    for (let code = first; code <= last; code++) glyphs.set(code, glyph + code - first);
  }
  return glyphs;
}

function readSegments(view: DataView, at: number): Map<number, number> {
  const glyphs = new Map<number, number>();
  const doubled = view.getUint16(at + 6);
  const [ends, starts] = [at + 14, at + 16 + doubled];
  const [deltas, ranges] = [starts + doubled, starts + 2 * doubled];
  for (let segment = 0; segment < doubled; segment += 2) {
    const [first, last] = [view.getUint16(starts + segment), view.getUint16(ends + segment)];
    const [delta, range] = [view.getUint16(deltas + segment), view.getUint16(ranges + segment)];
    for (let code = first; code <= last && code !== 0xffff; code++) {
      const listed = range === 0 ? code : view.getUint16(ranges + segment + range + 2 * (code - first));
      const glyph = listed === 0 ? 0 : (listed + delta) & 0xffff;
      if (glyph !== 0) glyphs.set(code, glyph);
    }
  }
  return glyphs;
}
