import { ConfigError } from "../errors.ts";
import type { Host } from "../host.ts";
import { didYouMean } from "../text/nearest.ts";
import { cutText } from "../text/text.ts";
import type { ReplyLimits, ServiceOptions } from "./lib/http-provider.ts";
import type { Provider } from "./provider.ts";
import { statedPriceOf, withPrice, type StatedPrice, type StatedPrices } from "./stated-price.ts";

export interface ProviderOptions extends ReplyLimits {
  /** The model's name as the service spells it; for `scripted` the path of a JSON file with the replies. */
  model: string | undefined;
  /** Without one, the service's own address. */
  baseUrl?: string | undefined;
  apiKey?: string | undefined;
  host: Host;
  /** Whether a reply is shown while it comes, default true. Thousands of runs that nobody watches cost less without. */
  stream?: boolean | undefined;
  /** What the model costs, in place of what is known of it. Without a known price there is no limit of money. */
  price?: StatedPrice | undefined;
}

/** A service and how it is opened. Its module is loaded only then. */
interface ProviderEntry {
  /** Names in the environment and in the configuration file. */
  keyVariable?: string;
  baseUrlVariable?: string;
  modelExample: string;
  open(options: ProviderOptions & { model: string }): Promise<Provider>;
}

/** Every provider there is, the one to be chosen by its key first. A new one is a line here and a file of its own. */
const providers: Readonly<Record<string, ProviderEntry>> = {
  anthropic: service("anthropic", {
    address: "https://api.anthropic.com",
    prefix: "ANTHROPIC",
    modelExample: "claude-sonnet-5-5",
    open: async (options) => (await import("./anthropic.ts")).openAnthropic(options),
  }),
  // what OpenAI itself recommends for its own models; other servers of its format speak the older one
  openai: openAi("openai", async (options) =>
    isOpenAi(options.baseUrl)
      ? (await import("./openai-responses.ts")).openOpenAiResponses(options)
      : (await import("./openai.ts")).openOpenAi(options),
  ),
  "openai-chat": openAi("openai-chat", async (options) => (await import("./openai.ts")).openOpenAi(options)),
  "openai-responses": openAi("openai-responses", async (options) =>
    (await import("./openai-responses.ts")).openOpenAiResponses(options),
  ),
  groq: service("groq", {
    address: "https://api.groq.com/openai/v1",
    prefix: "GROQ",
    modelExample: "openai/gpt-oss-120b",
    open: async (options) => (await import("./openai.ts")).openOpenAi(options),
  }),
  scripted: {
    modelExample: "replies.json",
    open: async ({ model, host }) => (await import("./scripted.ts")).openScript(model, host),
  },
};

/** What `--provider` takes. */
export const providerNames: readonly string[] = Object.keys(providers);

/**
 * Open a provider by its name. Name, model and base URL come from the user, never from a model: `scripted` reads the
 * file that `model` names, and the key goes to the base URL.
 *
 * @throws ConfigError for an unknown name, a missing model or key, or an address that is none
 */
export async function openProvider(name: string, options: ProviderOptions): Promise<Provider> {
  const known = providerNames;
  const entry = Object.hasOwn(providers, name) ? providers[name] : undefined;
  if (entry === undefined) {
    const near = didYouMean(name, known);
    throw new ConfigError(`there is no provider "${cutText(name, 60)}"${near}; --provider takes ${known.join(", ")}`);
  }
  const { model } = options;
  if (model === undefined || model === "") {
    throw new ConfigError(`the provider ${name} needs a model: --model ID, e.g. --model ${entry.modelExample}`);
  }
  return withPrice(await entry.open({ ...options, model }), options.price);
}

/** What the configuration says of providers. */
export interface ProviderChoice extends ReplyLimits {
  /** Without one, the first whose key there is. */
  provider?: string | undefined;
  model?: string | undefined;
  /** Of the provider, not of its fallbacks. */
  baseUrl?: string | undefined;
  /** As `PROVIDER/MODEL`, in the order in which they are asked. */
  fallbacks: readonly string[];
  /** What models cost, in place of what is known of them. */
  prices?: StatedPrices | undefined;
  /** Keys and addresses by their names in the environment. */
  secrets: Readonly<Record<string, string>>;
  host: Host;
}

/**
 * The provider that the configuration chooses, with its fallbacks behind it.
 *
 * @throws ConfigError where none is chosen, and as `openProvider` for any of them
 */
export async function chooseProvider(choice: ProviderChoice): Promise<Provider> {
  const { model, secrets, host, idleMs, totalMs, prices = {} } = choice;
  const withKey = Object.keys(providers).find((known) => secrets[providers[known]?.keyVariable ?? ""] !== undefined);
  const name = choice.provider ?? withKey;
  if (name === undefined) {
    const keys = new Set(Object.values(providers).flatMap(({ keyVariable }) => keyVariable ?? []));
    const named = [...keys].join(", ").replace(/, ([^,]*)$/, " or $1");
    throw new ConfigError(`no model provider is chosen: set ${named}, or name one with --provider and --base-url`);
  }
  const settings = (known: string, asked: string | undefined) => {
    const { keyVariable = "", baseUrlVariable = "" } = (Object.hasOwn(providers, known) && providers[known]) || {};
    const price = statedPriceOf(known, asked ?? "", prices);
    return {
      model: asked,
      baseUrl: secrets[baseUrlVariable],
      apiKey: secrets[keyVariable],
      host,
      idleMs,
      totalMs,
      price,
    };
  };
  const base = settings(name, model);
  const first = await openProvider(name, { ...base, baseUrl: choice.baseUrl ?? base.baseUrl });
  if (choice.fallbacks.length === 0) return first;
  const others = await Promise.all(
    choice.fallbacks.map((fallback) => {
      const { provider, model: other } = readFallback(fallback);
      return openProvider(provider, settings(provider, other));
    }),
  );
  return (await import("./fallback.ts")).withFallbacks(first, others, host);
}

export function isProvider(name: string): boolean {
  return Object.hasOwn(providers, name);
}

/** Models may have slashes in their names, providers have none. */
function readFallback(fallback: string): { provider: string; model: string } {
  const slash = fallback.indexOf("/");
  const [provider, model] = [fallback.slice(0, slash), fallback.slice(slash + 1)];
  if (slash > 0 && model !== "") return { provider, model };
  throw new ConfigError(
    `--fallback "${cutText(fallback, 60)}" is not PROVIDER/MODEL, e.g. --fallback groq/openai/gpt-oss-120b`,
  );
}

interface Service {
  address: string;
  /** Of `…_API_KEY` and `…_BASE_URL`. */
  prefix: string;
  modelExample: string;
  open(options: ServiceOptions): Promise<Provider>;
}

function service(name: string, { address, prefix, modelExample, open }: Service): ProviderEntry {
  const keyVariable = `${prefix}_API_KEY`;
  const baseUrlVariable = `${prefix}_BASE_URL`;
  return {
    keyVariable,
    baseUrlVariable,
    modelExample,
    async open({ model, baseUrl = address, apiKey, host, stream, idleMs, totalMs }) {
      if (baseUrl === address && apiKey === undefined) {
        throw new ConfigError(`${name} needs a key: set ${keyVariable}, or --base-url for a server that needs none`);
      }
      return open({ name, model, baseUrl, apiKey, keyVariable, host, stream, idleMs, totalMs });
    },
  };
}

function openAi(name: string, open: Service["open"]): ProviderEntry {
  return service(name, { address: "https://api.openai.com/v1", prefix: "OPENAI", modelExample: "gpt-6-luna", open });
}

function isOpenAi(baseUrl: string): boolean {
  return URL.parse(baseUrl)?.host === "api.openai.com";
}
