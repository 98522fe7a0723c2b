import type { Config } from "../config.ts";
import { ConfigError, errorMessage, ProviderError } from "../errors.ts";
import type { Host, HostRequest } from "../host.ts";
import { ok, problem, warning, type Outcome } from "./check.ts";

interface Asking {
  online: boolean;
  signal: AbortSignal;
}

/** Whether there is a model to ask, as far as the configuration tells; online also whether its service takes the key. */
export async function providerOutcome(config: Config, { online, signal }: Asking): Promise<Outcome> {
  const [{ chooseProvider }, { openNodeHost }] = await Promise.all([
    import("../providers/index.ts"),
    import("../runtime/node-host.ts"),
  ]);
  const host = openNodeHost({ proxies: config.proxies });
  try {
    const { provider: name, model, base_url: baseUrl, fallback: fallbacks, secrets } = config;
    const asked = openListening(host);
    const provider = await chooseProvider({ provider: name, model, baseUrl, fallbacks, secrets, host: asked.host });
    const shown = `${provider.name}, model ${provider.model}`;
    if (provider.name === "scripted") return ok(`${shown}: a script, no model`);
    if (!online) return ok(`${shown}; its service was not asked (--online asks it)`);
    const request = await asked.firstRequest(() => {
      const messages = [{ role: "user" as const, text: "axoner doctor" }];
      return provider.stream({ system: undefined, messages, tools: [] }, signal);
    });
    return await askForModels(host, request, { shown, signal });
  } catch (thrown) {
    if (!(thrown instanceof ConfigError)) throw thrown;
    return { ...problem(thrown.message, "name a provider and a model"), status: "warning" };
  } finally {
    await host.close();
  }
}

interface Request {
  url: string;
  headers: HostRequest["headers"];
}

/** How a provider would ask, without asking. */
function openListening(host: Host) {
  const first = Promise.withResolvers<Request>();
  return {
    host: {
      ...host,
      fetch(url: string, { headers }: HostRequest) {
        first.resolve({ url, headers });
        return Promise.reject(new ProviderError("nothing is asked", { retryable: false }));
      },
    } satisfies Host,
    async firstRequest(begin: () => AsyncIterable<unknown>): Promise<Request> {
      try {
        for await (const _event of begin()) break;
      } catch (thrown) {
        if (!(thrown instanceof ProviderError)) throw thrown;
      }
      return first.promise;
    },
  };
}

/** Every service lists its models, beside where it is asked for replies, for nothing. */
async function askForModels(
  host: Host,
  { url, headers }: Request,
  { shown, signal }: { shown: string; signal: AbortSignal },
): Promise<Outcome> {
  const address = url.replace(/\/(?:chat\/completions|responses|messages)$/, "/models");
  const where = new URL(address).host;
  const { "content-type": _type, accept: _accept, ...kept } = headers;
  try {
    const { status } = await host.fetch(address, { method: "GET", headers: kept, signal });
    if (status === 401 || status === 403) {
      return problem(
        `${shown}: ${where} refuses the key (${status})`,
        "set a key that is valid, and may be used from here",
      );
    }
    if (status >= 500) return warning(`${shown}: ${where} answers ${status}`, "try again later, or name a --fallback");
    return ok(`${shown}: ${where} answers`);
  } catch (thrown) {
    signal.throwIfAborted();
    const advice = `see that a server of models answers at ${where}, or name another address with --base-url`;
    return problem(`${shown}: ${where} cannot be reached: ${errorMessage(thrown)}`, advice);
  }
}
