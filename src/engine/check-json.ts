import { setImmediate as nextTurn } from "node:timers/promises";
import { errorMessage } from "../errors.ts";

/** So many values are looked at before others have their turn, about a millisecond. */
const valuesAtOnce = 10_000;
const maxDepth = 1_000;

/**
 * Look whether a value can be written as JSON, without writing it: a large one takes seconds, in which nothing else is
 * done. This gives way to other work.
 *
 * @throws TypeError that says why not
 */
export async function checkJson(value: object): Promise<void> {
  const open: { container: object; items: Iterator<unknown> }[] = [];
  const above = new Set<object>();

  const enter = (item: unknown): void => {
    if (typeof item === "bigint") throw notJson("it holds a bigint");
    if (typeof item !== "object" || item === null) return;
    if (above.has(item)) throw notJson("it holds itself");
    if (above.size >= maxDepth) throw notJson("it is nested too deeply");
    above.add(item);
    open.push({ container: item, items: Object.values(item)[Symbol.iterator]() });
  };

  enter(value);
  for (let looked = 0; ; looked += 1) {
    const innermost = open.at(-1);
    if (innermost === undefined) return;
    const next = innermost.items.next();
    if (next.done === true) {
      above.delete(innermost.container);
      open.pop();
    } else enter(asWritten(next.value));
    if (looked % valuesAtOnce === valuesAtOnce - 1) await nextTurn();
  }
}

interface WritesItself {
  toJSON(key: string): unknown;
}

function writesItself(value: unknown): value is WritesItself {
  return typeof value === "object" && value !== null && "toJSON" in value && typeof value.toJSON === "function";
}

/** What JSON takes in place of a value that says so itself, such as a date. */
function asWritten(value: unknown): unknown {
  if (!writesItself(value)) return value;
  try {
    return value.toJSON("");
  } catch (thrown) {
    throw notJson(errorMessage(thrown));
  }
}

function notJson(why: string): TypeError {
  return new TypeError(`its result is no JSON: ${why}`);
}
