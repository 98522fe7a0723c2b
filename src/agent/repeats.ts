import { isJsonObject, type JsonValue, type ToolCall } from "../message.ts";

/** Notices a model that makes the same call again and again. */
export interface Repeats {
  /** Count the calls of one reply; equal ones in it count once. Returns how often each was made so far. */
  count(calls: readonly ToolCall[]): number[];
  /** A call that only waits for long work may be made again. */
  forgive(call: ToolCall): void;
  /** Whether some call was made as often as is allowed. */
  reached(): boolean;
}

/** @param most equal calls of one run, after which it ends */
export function openRepeats(most: number): Repeats {
  const made = new Map<string, number>();
  return {
    count(calls) {
      const keys = calls.map(keyOf);
      for (const key of new Set(keys)) made.set(key, (made.get(key) ?? 0) + 1);
      return keys.map((key) => made.get(key) ?? 0);
    },
    forgive: (call) => void made.delete(keyOf(call)),
    reached: () => [...made.values()].some((times) => times >= most),
  };
}

function keyOf({ name, input }: ToolCall): string {
  return `${name} ${JSON.stringify(sorted(input))}`;
}

function sorted(value: JsonValue): JsonValue {
  if (Array.isArray(value)) return value.map(sorted);
  if (!isJsonObject(value)) return value;
  const keys = Object.keys(value).toSorted();
  return Object.fromEntries(keys.map((key) => [key, sorted(value[key] ?? null)]));
}
