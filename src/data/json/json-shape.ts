/** What the values in one place of a JSON file are: bits of `kinds`. */
export const kinds = {
  null: 1,
  boolean: 2,
  /** An integer that 53 bits hold; the next three are of 64 and 128 bits and of more digits. */
  integer: 4,
  long: 8,
  huge: 16,
  giant: 32,
  /** An integer that no floating-point number is, or is written as. */
  odd: 64,
  fraction: 128,
  /** A number with more digits, or larger, than a floating-point number says. */
  inexact: 256,
  string: 512,
  object: 1024,
  list: 2048,
} as const;

const integers = kinds.integer | kinds.long | kinds.huge | kinds.giant;
export const numbers = integers | kinds.odd | kinds.fraction | kinds.inexact;

/** All values that were found in one place of the rows of a table. */
export interface Shape {
  kinds: number;
  /** Of the texts: indices of `temporalTypes`, as bits, that all of them are written as. */
  temporal: number;
  /** Of objects, by their keys. */
  fields: Fields | undefined;
  /** Of the elements of lists. */
  items: Shape | undefined;
  /** Where the first value of a new kind is. */
  firsts: { kind: number; place: string }[];
  /** The last object that had this field, to find out keys that come twice. */
  seenIn: number;
}

export interface Fields {
  names: string[];
  /** As they are written in the file, in UTF-8. */
  written: Uint8Array[];
  shapes: Shape[];
  indices: Map<string, number>;
  /** Of all the objects. */
  objects: number;
  keys: number;
  /** There are keys that have no shape of their own. */
  isCut: boolean;
}

export function newShape(): Shape {
  return { kinds: 0, temporal: allTemporal, fields: undefined, items: undefined, firsts: [], seenIn: 0 };
}

export function newFields(): Fields {
  return { names: [], written: [], shapes: [], indices: new Map(), objects: 0, keys: 0, isCut: false };
}

const day = "(\\d{4})-(\\d{2})-(\\d{2})";
const time = "([01]\\d|2[0-3]):[0-5]\\d(:[0-5]\\d(\\.\\d{1,6})?)?";

/** Dates are those of ISO 8601 alone: what 03/04 means, a file does not say. */
const temporalTypes = [
  { type: "DATE", pattern: new RegExp(`^${day}$`) },
  { type: "TIMESTAMP", pattern: new RegExp(`^${day}[ T]${time}$`) },
  { type: "TIMESTAMP WITH TIME ZONE", pattern: new RegExp(`^${day}[ T]${time}(Z|[+-](0\\d|1[0-4]):?[0-5]\\d)$`) },
  { type: "TIME", pattern: new RegExp(`^${time}$`) },
] as const;
const allTemporal = 15;

/** The bit of the temporal type that a text is written as; 0 for any other text. */
export function temporalKind(text: string): number {
  for (const [index, { pattern }] of temporalTypes.entries()) {
    const match = pattern.exec(text);
    if (match === null) continue;
    const isTime = match[0][2] === ":";
    return isTime || isDay(Number(match[1]), Number(match[2]), Number(match[3])) ? 1 << index : 0;
  }
  return 0;
}

function isDay(year: number, month: number, date: number): boolean {
  const isLeap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  const days = month === 2 && isLeap ? 29 : (monthDays[month] ?? 0);
  // the year 0 is one before Christ
  return year > 0 && date > 0 && date <= days;
}

const monthDays = [0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/** Fewer keys are fields of a struct or columns; more of them may be what a table has as values. */
const maxSureKeys = 200;
/** What is nested deeper is JSON. */
export const maxShapeDepth = 16;

/** The type of DuckDB that holds all values of a shape as they are. */
function typeOf(shape: Shape): string {
  const { kinds: all, items } = shape;
  if (isMixed(all)) return (all & (kinds.object | kinds.list)) === 0 ? "VARCHAR" : "JSON";
  if ((all & kinds.boolean) !== 0) return "BOOLEAN";
  if ((all & numbers) !== 0) return numberType(all);
  if ((all & kinds.string) !== 0) return "VARCHAR";
  if ((all & kinds.list) !== 0) return items === undefined ? "JSON[]" : `${typeOf(items)}[]`;
  return (all & kinds.object) === 0 ? "JSON" : objectType(shape);
}

/** The type of a column, which may be one of days and times where all its texts are written as such. */
export function columnType(shape: Shape): string {
  const isText = (shape.kinds & ~kinds.null) === kinds.string;
  const temporal = isText ? temporalTypes.find((_, index) => shape.temporal === 1 << index) : undefined;
  return temporal?.type ?? typeOf(shape);
}

/** Whether values are of several kinds. */
export function isMixed(all: number): boolean {
  const groups = [kinds.boolean, numbers, kinds.string, kinds.object, kinds.list];
  return groups.filter((group) => (all & group) !== 0).length > 1;
}

/** Whether numbers are read as they are written, because none of the types of numbers holds them all. */
export function isByText(all: number): boolean {
  return !isMixed(all) && (all & numbers) !== 0 && numberType(all) === "VARCHAR";
}

function numberType(all: number): string {
  const has = (kind: number) => (all & kind) !== 0;
  if (has(kinds.inexact) || has(kinds.giant)) return "VARCHAR";
  if (has(kinds.fraction)) return has(kinds.odd) ? "VARCHAR" : "DOUBLE";
  return has(kinds.huge) ? "HUGEINT" : "BIGINT";
}

function objectType({ fields }: Shape): string {
  if (fields === undefined || fields.names.length === 0 || fields.isCut) return "JSON";
  if (fields.names.length > maxSureKeys) {
    const type = typeOf(fields.shapes.reduce(merged, newShape()));
    return type.includes("JSON") ? "JSON" : `MAP(VARCHAR, ${type})`;
  }
  if (!areNames(fields.names)) return "JSON";
  const typed = fields.names.map((name, index) => {
    const shape = fields.shapes[index];
    return `"${name.replaceAll('"', '""')}" ${shape === undefined ? "JSON" : typeOf(shape)}`;
  });
  return `STRUCT(${typed.join(", ")})`;
}

/** Whether SQL can tell all the names of a struct or a table from each other. */
export function areNames(names: readonly string[]): boolean {
  const lower = new Set(names.map((name) => name.toLowerCase()));
  return lower.size === names.length && names.every((name) => name !== "" && !name.includes("\0"));
}

/** Whether the keys of rows name columns, rather than being values themselves, as in an object of rows by their ids. */
export function isTable({ kinds: all, fields }: Shape): boolean {
  if ((all & ~kinds.null) !== kinds.object || fields === undefined || fields.isCut || fields.names.length === 0)
    return false;
  if (fields.names.length <= maxSureKeys) return true;
  return fields.objects > 1 && fields.keys * 4 > fields.objects * fields.names.length;
}

function merged(into: Shape, shape: Shape): Shape {
  into.kinds |= shape.kinds;
  if ((shape.kinds & kinds.string) !== 0) into.temporal &= shape.temporal;
  if (shape.items !== undefined) into.items = merged(into.items ?? newShape(), shape.items);
  const { fields } = shape;
  if (fields === undefined) return into;
  const all = (into.fields ??= newFields());
  all.isCut ||= fields.isCut;
  for (const [index, name] of fields.names.entries()) {
    const known = all.indices.get(name);
    if (known === undefined) all.indices.set(name, all.names.push(name) - 1);
    all.shapes[known ?? all.names.length - 1] = merged(
      all.shapes[known ?? -1] ?? newShape(),
      fields.shapes[index] ?? newShape(),
    );
  }
  return into;
}
