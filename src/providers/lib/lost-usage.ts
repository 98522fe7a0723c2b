import { ProviderError } from "../../errors.ts";
import type { Usage } from "../../message.ts";
import type { ModelEvent } from "../provider.ts";

/**
 * Counts what attempts at one reply cost that broke off. The reply that comes at last carries it as `lost`, and where
 * none comes the last error does.
 *
 * @returns what each attempt is passed through
 */
export function countLost(): (attempt: AsyncIterable<ModelEvent>) => AsyncGenerator<ModelEvent, void> {
  let lost: Usage | undefined;
  return async function* (attempt) {
    try {
      for await (const event of attempt) {
        const before = event.type === "done" ? sumOf(event.lost, lost) : undefined;
        yield before === undefined ? event : ({ ...event, lost: before } as ModelEvent);
      }
    } catch (thrown) {
      if (!(thrown instanceof ProviderError)) throw thrown;
      lost = sumOf(lost, thrown.usage);
      throw thrown.spending(lost);
    }
  };
}

function sumOf(one: Usage | undefined, other: Usage | undefined): Usage | undefined {
  if (one === undefined || other === undefined) return one ?? other;
  const sum = { ...one };
  for (const [key, count] of Object.entries(other) as [keyof Usage, number][]) sum[key] = (sum[key] ?? 0) + count;
  return sum;
}
