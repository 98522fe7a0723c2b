import { ProviderError } from "../errors.ts";
import type { Host } from "../host.ts";
import type { ModelEvent, Price, Provider, RequestMeter } from "./provider.ts";

/** How long a provider that failed is passed over, unless all others fail too. */
const restMs = 60_000;

/**
 * The first of these providers that answers: where one fails for good before its first token, the next is asked the
 * same; each translates the history into its own format. One that failed rests for a minute, so that the turns and runs
 * to come do not wait for it again. What was shown cannot be taken back: a reply that broke off in its middle has failed.
 *
 * A conversation that is too long goes to none of the others: whoever asked can shorten it.
 */
export function withFallbacks(first: Provider, fallbacks: readonly Provider[], host: Pick<Host, "now">): Provider {
  const providers = [first, ...fallbacks];
  const restsUntil = new Map<Provider, number>();

  const inTurn = (): Provider[] => {
    const rests = (provider: Provider) => (restsUntil.get(provider) ?? 0) > host.now();
    return [...providers.filter((provider) => !rests(provider)), ...providers.filter(rests)];
  };

  return {
    name: first.name,
    model: first.model,
    price: providers.map(({ price }) => price).reduce(dearest),
    async *stream(request, signal) {
      const candidates = inTurn();
      const failures: ProviderError[] = [];
      for (const provider of candidates) {
        let begun = false;
        const meter = request.meter && meterFor(provider, request.meter);
        try {
          for await (const event of provider.stream(meter ? { ...request, meter } : request, signal)) {
            begun = true;
            yield provider === first && failures.length === 0 ? event : signed(event, provider, failures);
          }
          restsUntil.delete(provider);
          return;
        } catch (thrown) {
          signal.throwIfAborted();
          if (begun || !(thrown instanceof ProviderError) || thrown.kind === "context") throw thrown;
          restsUntil.set(provider, host.now() + (thrown.retryAfterMs ?? restMs));
          failures.push(thrown);
          // what the last one spent is told by the failure: no further attempt is asked for
          const isLast = provider === candidates.at(-1);
          if (isLast) throw allFailed(failures).spending(thrown.usage);
          if (meter?.lost({ usage: thrown.usage }) === false) break;
        }
      }
      throw allFailed(failures);
    },
  };
}

function signed(event: ModelEvent, { name, model, price }: Provider, failures: readonly ProviderError[]): ModelEvent {
  if (event.type !== "done") return event;
  const failed = failures.length === 0 ? {} : { failed: failures.map(({ message }) => message).join("; then ") };
  return { ...event, servedBy: event.servedBy ?? { name, model, price }, ...failed };
}

/** What is lost at a provider is paid at that one's price. */
function meterFor({ price }: Provider, { started, lost }: RequestMeter): RequestMeter {
  return { started: (attempt) => started({ price, ...attempt }), lost: (attempt) => lost({ price, ...attempt }) };
}

/** What the dearest of them can cost, so that a limit on money holds whoever answers. */
function dearest(one: Price | undefined, other: Price | undefined): Price | undefined {
  if (one === undefined || other === undefined) return undefined;
  const larger = (field: "input" | "output" | "cachedInput" | "cacheWrite") => Math.max(one[field], other[field]);
  const price = {
    input: larger("input"),
    output: larger("output"),
    cachedInput: larger("cachedInput"),
    cacheWrite: larger("cacheWrite"),
  };
  const over = Math.min(one.long?.over ?? Infinity, other.long?.over ?? Infinity);
  if (over === Infinity) return price;
  const { long: _one, ...longOne } = one.long?.price ?? one;
  const { long: _other, ...longOther } = other.long?.price ?? other;
  const long = dearest(longOne, longOther);
  return long === undefined ? price : { ...price, long: { over, price: long } };
}

/** Without what they spent: the request's meter was told of that. */
function allFailed(failures: readonly ProviderError[]): ProviderError {
  const [first] = failures;
  if (first !== undefined && failures.length === 1) return first.spending(undefined);
  const text = failures.map(({ message }) => message).join("; then ");
  return new ProviderError(text, {
    kind: first?.kind ?? "other",
    retryable: failures.some(({ retryable }) => retryable),
    status: first?.status,
    retryAfterMs: first?.retryAfterMs,
    cause: first,
  });
}
