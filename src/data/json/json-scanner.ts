import { kinds, maxShapeDepth, newFields, newShape, temporalKind, type Fields, type Shape } from "./json-shape.ts";
import { cutText } from "../../text/text.ts";
import { numberKind } from "./json-numbers.ts";

/** What is to be written otherwise in a copy. */
export interface Edit {
  at: number;
  end: number;
  text: string;
}

export interface Editing {
  /** Undefined for what stays as it is. */
  number: (shape: Shape, kind: number, text: string) => string | undefined;
  /** Of a key of a row. */
  key: (name: string) => string | undefined;
}

export class Malformed extends Error {
  readonly position: number;
  constructor(position: number, message: string) {
    super(message);
    this.position = position;
  }
}

/** Thrown where a value goes on beyond the bytes that are there. */
export const incomplete = new Error("a value goes on beyond the bytes that are there");

const quote = 0x22;
const backslash = 0x5c;
const [openBrace, closeBrace, openBracket, closeBracket] = [0x7b, 0x7d, 0x5b, 0x5d];
const [comma, colon, minus, point, zero, nine] = [0x2c, 0x3a, 0x2d, 0x2e, 0x30, 0x39];

/** Objects with more different keys in all than this keep the rest of them without shapes. */
const maxShapes = 100_000;
const maxDepth = 1_000;
const maxTemporalChars = 35;

/** Objects of all files have numbers of their own, by which a key that comes twice in one is found. */
let lastObject = 0;

/** Walks over JSON byte by byte and notes what the values are. */
export class JsonScanner {
  bytes: Buffer = Buffer.alloc(1);
  /** The bytes from here on are not the file's; there is at least one, which is 0. */
  end = 0;
  at = 0;
  /** Lines have ended since this was set to 0. */
  newlines = 0;
  edits: Edit[] = [];
  private shapes = 0;
  private readonly editing: Editing | undefined;
  /** What tells the place of the value that is read. */
  private readonly place: () => string;

  constructor(place: () => string, editing?: Editing) {
    this.place = place;
    this.editing = editing;
  }

  /** The next byte that is no blank. */
  skipBlanks(): number {
    const { bytes } = this;
    for (;;) {
      const byte = bytes[this.at] ?? 0;
      if (byte > 0x20) return byte;
      if (byte === 0x0a) this.newlines += 1;
      else if (byte !== 0x20 && byte !== 0x0d && byte !== 0x09)
        return this.stop("a character that belongs to no value");
      this.at += 1;
    }
  }

  value(shape: Shape, depth: number): void {
    const byte = this.skipBlanks();
    if (byte === quote) this.text(shape);
    else if ((byte >= zero && byte <= nine) || byte === minus) this.number(shape);
    else if (byte === openBrace) this.object(shape, depth);
    else if (byte === openBracket) this.list(shape, depth);
    else this.word(shape);
  }

  private object(shape: Shape, depth: number): void {
    if (depth > maxDepth) throw new Malformed(this.at, "it is nested too deeply");
    if ((shape.kinds & kinds.object) === 0) this.note(shape, kinds.object);
    const fields = depth < maxShapeDepth ? (shape.fields ??= newFields()) : undefined;
    const id = ++lastObject;
    let next = 0;
    let count = 0;
    this.at += 1;
    if (this.skipBlanks() === closeBrace) this.at += 1;
    else
      do {
        if (this.skipBlanks() !== quote) this.stop("a key was expected");
        const start = this.at;
        const index = this.key(fields, next);
        next = index + 1;
        count += 1;
        // what has no shape of its own is noted where it is in
        const field = fields?.shapes[index] ?? shape;
        if (field !== shape) {
          if (field.seenIn === id) this.refuse(start, fields?.names[index]);
          field.seenIn = id;
        }
        if (this.editing !== undefined && depth === 0) this.rename(fields?.names[index] ?? "", start);
        if (this.skipBlanks() !== colon) this.stop("a colon was expected after a key");
        this.at += 1;
        this.value(field, depth + 1);
      } while (this.goesOn(closeBrace));
    if (fields === undefined) return;
    fields.objects += 1;
    fields.keys += count;
  }

  private refuse(position: number, name = ""): never {
    throw new Malformed(position, `the key ${JSON.stringify(cutText(name, 60))} comes twice in one object`);
  }

  private list(shape: Shape, depth: number): void {
    if (depth > maxDepth) throw new Malformed(this.at, "it is nested too deeply");
    if ((shape.kinds & kinds.list) === 0) this.note(shape, kinds.list);
    this.at += 1;
    if (this.skipBlanks() === closeBracket) {
      this.at += 1;
      return;
    }
    if (depth < maxShapeDepth) shape.items ??= newShape();
    const items = depth < maxShapeDepth ? (shape.items ?? shape) : shape;
    do this.value(items, depth + 1);
    while (this.goesOn(closeBracket));
  }

  /** Past a comma, or the bracket that closes, which may follow a comma. */
  private goesOn(close: number): boolean {
    const byte = this.skipBlanks();
    if (byte !== comma && byte !== close) this.stop("a comma or a closing bracket was expected");
    this.at += 1;
    if (byte === close) return false;
    if (this.skipBlanks() !== close) return true;
    this.at += 1;
    return false;
  }

  /** The index of the key that begins here, which is mostly the next one; -1 for one that has no shape. */
  private key(fields: Fields | undefined, next: number): number {
    const { bytes } = this;
    const start = this.at + 1;
    if (fields === undefined) {
      this.skipText();
      return -1;
    }
    const expected = fields.written[next];
    if (expected !== undefined) {
      const { length } = expected;
      let index = 0;
      while (index < length && bytes[start + index] === expected[index]) index += 1;
      if (index === length && bytes[start + length] === quote) {
        this.at = start + length + 1;
        return next;
      }
    }
    this.skipText();
    const text = bytes.toString("utf8", start, this.at - 1);
    const name = text.includes("\\") ? this.unescaped(text, start) : text;
    const known = fields.indices.get(name);
    if (known !== undefined) return known;
    if (this.shapes >= maxShapes) {
      fields.isCut = true;
      return -1;
    }
    this.shapes += 1;
    fields.indices.set(name, fields.names.length);
    fields.names.push(name);
    fields.written.push(Uint8Array.from(bytes.subarray(start, this.at - 1)));
    return fields.shapes.push(newShape()) - 1;
  }

  private unescaped(text: string, position: number): string {
    try {
      return String(JSON.parse(`"${text}"`));
    } catch (thrown) {
      if (thrown instanceof SyntaxError) throw new Malformed(position, "an escape in a key is none");
      throw thrown;
    }
  }

  private rename(name: string, start: number): void {
    const text = this.editing?.key(name);
    if (text !== undefined) this.edits.push({ at: start, end: this.at, text });
  }

  private text(shape: Shape): void {
    const start = this.at + 1;
    this.skipText();
    if ((shape.kinds & kinds.string) === 0) this.note(shape, kinds.string);
    if (shape.temporal === 0) return;
    const length = this.at - 1 - start;
    const first = this.bytes[start] ?? 0;
    const isTime = first >= zero && first <= nine && length <= maxTemporalChars;
    shape.temporal &= isTime ? temporalKind(this.bytes.toString("latin1", start, this.at - 1)) : 0;
  }

  /** From the quote that opens a text past the one that closes it. */
  private skipText(): void {
    const { bytes } = this;
    let at = this.at + 1;
    for (;;) {
      const byte = bytes[at] ?? 0;
      if (byte === quote) break;
      if (byte < 0x20) {
        this.at = at;
        this.stop("a text is not closed on its line");
      }
      at += byte === backslash ? 2 : 1;
      if (at > this.end) throw incomplete;
    }
    this.at = at + 1;
  }

  private number(shape: Shape): void {
    const { bytes } = this;
    const start = this.at;
    let at = bytes[start] === minus ? start + 1 : start;
    const digits = at;
    let byte = bytes[at] ?? 0;
    while (byte >= zero && byte <= nine) byte = bytes[++at] ?? 0;
    const whole = at - digits;
    let kind: number = kinds.integer;
    if (byte === point && whole > 0) {
      kind = kinds.fraction;
      byte = bytes[++at] ?? 0;
      while (byte >= zero && byte <= nine) byte = bytes[++at] ?? 0;
    }
    // exponents, words such as -Infinity, and numbers of many digits are looked at as texts
    if ((byte | 0x20) >= 0x61 && (byte | 0x20) <= 0x7a) {
      while (isOfNumber(byte)) byte = bytes[++at] ?? 0;
      kind = 0;
    }
    if (at >= this.end) throw incomplete;
    if (whole === 0 || kind === 0 || at - start > 15 || (whole > 1 && bytes[digits] === zero)) {
      kind = numberKind(bytes.toString("latin1", start, at));
      if (kind === 0) this.stop("a number is not written as one");
    }
    this.at = at;
    if ((shape.kinds & kind) !== kind) this.note(shape, kind);
    if (this.editing === undefined) return;
    const text = this.editing.number(shape, kind, bytes.toString("latin1", start, at));
    if (text !== undefined) this.edits.push({ at: start, end: at, text });
  }

  private word(shape: Shape): void {
    const start = this.at;
    let at = start;
    while (isOfNumber(this.bytes[at] ?? 0)) at += 1;
    if (at >= this.end) throw incomplete;
    const text = this.bytes.toString("latin1", start, Math.min(at, start + maxWordChars));
    const kind = words.get(text) ?? (/^(nan|inf|infinity)$/i.test(text) ? kinds.fraction : undefined);
    if (kind === undefined) return this.stop("a value was expected");
    this.at = at;
    if ((shape.kinds & kind) === 0) this.note(shape, kind);
  }

  private note(shape: Shape, kind: number): void {
    if (kind !== kinds.null) shape.firsts.push({ kind, place: this.place() });
    shape.kinds |= kind;
  }

  private stop(message: string): never {
    if (this.at >= this.end) throw incomplete;
    throw new Malformed(this.at, message);
  }
}

const words = new Map<string, number>([
  ["true", kinds.boolean],
  ["false", kinds.boolean],
  ["null", kinds.null],
]);
const maxWordChars = 10;

/** Whether a byte may belong to a number or a word: letters, digits, signs and the point. */
function isOfNumber(byte: number): boolean {
  return (
    (byte >= zero && byte <= nine) ||
    ((byte | 0x20) >= 0x61 && (byte | 0x20) <= 0x7a) ||
    byte === minus ||
    byte === 0x2b ||
    byte === point
  );
}
