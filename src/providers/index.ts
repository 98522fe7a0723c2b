import { ConfigError } from "../errors.ts";
import type { Host } from "../host.ts";
import { didYouMean } from "../nearest.ts";
import { cutText } from "../text.ts";
import type { Provider } from "./provider.ts";

export interface ProviderOptions {
  /** The model's name as the service spells it; for `scripted` the path of a JSON file with the replies. */
  model: string | undefined;
  /** Without one, the service's own address. */
  baseUrl?: string | undefined;
  apiKey?: string | undefined;
  host: Host;
}

/** A service and how it is opened. Its module is loaded only then. */
interface ProviderEntry {
  /** Names in the environment and in the configuration file. */
  keyVariable?: string;
  baseUrlVariable?: string;
  modelExample: string;
  open(options: ProviderOptions & { model: string }): Promise<Provider>;
}

/** Every provider there is. A new one is a line here and a file of its own, unless it speaks the format of another. */
export const providers: Readonly<Record<string, ProviderEntry>> = {
  openai: chatCompletions({
    name: "openai",
    address: "https://api.openai.com/v1",
    prefix: "OPENAI",
    modelExample: "gpt-5-mini",
  }),
  groq: chatCompletions({
    name: "groq",
    address: "https://api.groq.com/openai/v1",
    prefix: "GROQ",
    modelExample: "openai/gpt-oss-120b",
  }),
  scripted: {
    modelExample: "replies.json",
    open: async ({ model, host }) => (await import("./scripted.ts")).openScript(model, host),
  },
};

/**
 * Open a provider by its name. Name, model and base URL come from the user, never from a model: `scripted` reads the
 * file that `model` names, and the key goes to the base URL.
 *
 * @throws ConfigError for an unknown name, a missing model or key, or an address that is none
 */
export async function openProvider(name: string, options: ProviderOptions): Promise<Provider> {
  const known = Object.keys(providers);
  const entry = Object.hasOwn(providers, name) ? providers[name] : undefined;
  if (entry === undefined) {
    const near = didYouMean(name, known);
    throw new ConfigError(`there is no provider "${cutText(name, 60)}"${near}; --provider takes ${known.join(", ")}`);
  }
  const { model } = options;
  if (model === undefined || model === "") {
    throw new ConfigError(`the provider ${name} needs a model: --model ID, e.g. --model ${entry.modelExample}`);
  }
  return entry.open({ ...options, model });
}

interface ChatService {
  name: string;
  address: string;
  /** Of `…_API_KEY` and `…_BASE_URL`. */
  prefix: string;
  modelExample: string;
}

function chatCompletions({ name, address, prefix, modelExample }: ChatService): ProviderEntry {
  const keyVariable = `${prefix}_API_KEY`;
  const baseUrlVariable = `${prefix}_BASE_URL`;
  return {
    keyVariable,
    baseUrlVariable,
    modelExample,
    async open({ model, baseUrl = address, apiKey, host }) {
      if (baseUrl === address && apiKey === undefined) {
        throw new ConfigError(`${name} needs a key: set ${keyVariable}, or --base-url for a server that needs none`);
      }
      const { openOpenAi } = await import("./openai.ts");
      return openOpenAi({ name, model, baseUrl, apiKey, keyVariable, host });
    },
  };
}
