import { beginning, toJson } from "./text.ts";

/** The beginning of a value as JSON. */
export interface BoundedJson {
  text: string;
  isCut: boolean;
}

/**
 * A value as JSON, of which at most `maxChars` characters are wanted. What lies behind them is neither read nor written:
 * to write dozens of megabytes takes seconds, in which nothing else is done.
 */
export function boundedJson(value: object, maxChars: number): BoundedJson {
  const room = { chars: maxChars };
  const shortened = shorten(value, room);
  const text = toJson(room.chars >= 0 ? value : shortened);
  return { text: beginning(text, maxChars), isCut: text.length > maxChars };
}

/** Whether a value is certainly longer than so many characters as JSON. It may be longer where this is false. */
export function isLongerThan(value: object, chars: number): boolean {
  const room = { chars };
  shorten(value, room);
  return room.chars < 0;
}

/**
 * As much of a value as has that many characters as JSON, or more. Of each part the fewest are counted that it can have:
 * so the beginning of the result's JSON is that of the value's. Below zero there was no room for all of it.
 */
function shorten(value: unknown, room: { chars: number }): unknown {
  if (typeof value === "string") {
    const kept = beginning(value, Math.max(0, room.chars) + 1);
    room.chars -= kept.length < value.length ? room.chars + 1 : value.length;
    return kept;
  }
  room.chars -= 1;
  if (typeof value !== "object" || value === null || "toJSON" in value) return value;
  if (Array.isArray(value)) {
    const items: unknown[] = [];
    for (const item of value) {
      if (room.chars < 0) break;
      items.push(shorten(item, room));
    }
    return items;
  }
  return shortenObject(value, room);
}

function shortenObject(value: object, room: { chars: number }): object {
  const kept: [string, unknown][] = [];
  for (const [name, item] of entriesOf(value)) {
    if (room.chars < 0) break;
    // what JSON leaves out has no name there either
    if (item === undefined || typeof item === "function" || typeof item === "symbol") continue;
    room.chars -= name.length;
    kept.push([name, room.chars < 0 ? null : shorten(item, room)]);
  }
  return Object.fromEntries(kept);
}

/** One by one: a list of all would be as long as the object is. */
function* entriesOf(value: object): Generator<[string, unknown]> {
  for (const name in value) {
    if (Object.hasOwn(value, name)) yield [name, Reflect.get(value, name)];
  }
}
