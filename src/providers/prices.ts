import type { Price } from "./provider.ts";

/*
 * Checked on 2026-11-28 against platform.claude.com/docs/en/about-claude/pricing, developers.openai.com/api/docs/pricing
 * and console.groq.com/docs/models, by way of genai-prices 0.2.3, which follows them. Standard service, US dollars for a
 * million tokens.
 */

/** Input, output, input from a cache, input into a cache; the last two are those of plain input where there is no own price. */
type Row = readonly [input: number, output: number, cachedInput?: number, cacheWrite?: number];

/** What a request costs, all of it, whose input is longer than so many tokens. */
interface LongContext {
  over: number;
  inputTimes: number;
  outputTimes: number;
}

const anthropic: Record<string, Row> = {
  "claude-fable-5-2": [8, 40, 0.2, 10],
  "claude-fable-5-1": [10, 50, 0.25, 12.5],
  "claude-fable-5": [10, 50, 1, 12.5],
  "claude-opus-5-5": [4, 20, 0.2, 5],
  "claude-opus-5": [5, 25, 0.5, 6.25],
  "claude-opus-4-8": [5, 25, 0.5, 6.25],
  "claude-opus-4-7": [5, 25, 0.5, 6.25],
  "claude-opus-4-6": [5, 25, 0.5, 6.25],
  "claude-opus-4-5": [5, 25, 0.5, 6.25],
  "claude-opus-4-1": [15, 75, 1.5, 18.75],
  "claude-sonnet-5-5": [2, 10, 0.1, 2.5],
  "claude-sonnet-5": [2, 10, 0.2, 2.5],
  "claude-sonnet-4-6": [3, 15, 0.3, 3.75],
  "claude-sonnet-4-5": [3, 15, 0.3, 3.75],
  "claude-haiku-5-5": [0.1, 0.5, 0.01, 0.125],
  "claude-haiku-4-5": [1, 5, 0.1, 1.25],
};

const openai: Record<string, Row> = {
  "gpt-6.1-sol": [2, 10, 0.1, 2.5],
  "gpt-6.1-terra": [1, 5, 0.05, 1.25],
  "gpt-6-astra": [10, 50, 1, 12.5],
  "gpt-6-sol": [2, 10, 0.2, 2.5],
  "gpt-6-luna": [0.1, 0.5, 0.01, 0.125],
  "gpt-5.6-sol": [4, 20, 0.4, 5],
  "gpt-5.6-terra": [2, 12, 0.2, 2.5],
  "gpt-5.6-luna": [0.2, 1.2, 0.02, 0.25],
  "gpt-5.5": [5, 30, 0.5],
  "gpt-5.5-pro": [30, 180],
  "gpt-5.4": [2.5, 15, 0.25],
  "gpt-5.4-pro": [30, 180],
  "gpt-5.4-mini": [0.75, 4.5, 0.075],
  "gpt-5.4-nano": [0.2, 1.25, 0.02],
  "gpt-5.3": [1.75, 14, 0.175],
  "gpt-5.2": [1.75, 14, 0.175],
  "gpt-5.2-pro": [21, 168],
  "gpt-5.1": [1.25, 10, 0.125],
  "gpt-5": [1.25, 10, 0.125],
  "gpt-5-pro": [15, 120],
  "gpt-5-mini": [0.25, 2, 0.025],
  "gpt-5-nano": [0.05, 0.4, 0.005],
  "gpt-4.1": [2, 8, 0.5],
  "gpt-4.1-mini": [0.4, 1.6, 0.1],
  "gpt-4.1-nano": [0.1, 0.4, 0.025],
  "gpt-4o-2024-05-13": [5, 15],
  "gpt-4o": [2.5, 10, 1.25],
  "gpt-4o-mini": [0.15, 0.6, 0.075],
  o3: [2, 8, 0.5],
  "o3-pro": [20, 80],
  "o3-mini": [1.1, 4.4, 0.55],
  "o4-mini": [1.1, 4.4, 0.275],
  o1: [15, 60, 7.5],
};

const groq: Record<string, Row> = {
  "openai/gpt-oss-120b": [0.15, 0.6, 0.075],
  "openai/gpt-oss-20b": [0.075, 0.3, 0.0375],
  "qwen/qwen3.8-27b": [0.8, 4],
  "qwen/qwen3-32b": [0.29, 0.59],
  "llama-3.3-70b-versatile": [0.59, 0.79],
  "llama-3.1-8b-instant": [0.05, 0.08],
};

const tables = { anthropic, openai, groq };

/** The models in the table, of one service or of all. */
export function pricedModels(service: string | undefined): string[] {
  const chosen = Object.entries(tables).filter(([name]) => service === undefined || service.startsWith(name));
  return chosen.flatMap(([, table]) => Object.keys(table));
}

/** The price of a model at its own service; undefined for one that is not in the table. A dated name is that of its model. */
export function priceOf(service: keyof typeof tables, model: string): Price | undefined {
  const table = tables[service];
  const name = [model, model.replace(/[-@](\d{8}|\d{4}-\d{2}-\d{2}|latest)$/, "")].find((id) =>
    Object.hasOwn(table, id),
  );
  const row = name === undefined ? undefined : table[name];
  if (name === undefined || row === undefined) return undefined;
  const [input, output, cachedInput = input, cacheWrite = input] = row;
  const price = { input, output, cachedInput, cacheWrite };
  const long = longContextOf(name);
  return long === undefined ? price : { ...price, long: { over: long.over, price: times(price, long) } };
}

function longContextOf(name: string): LongContext | undefined {
  if (name === "claude-haiku-5-5") return { over: 100_000, inputTimes: 5, outputTimes: 5 };
  if (name === "claude-sonnet-4-5") return { over: 200_000, inputTimes: 2, outputTimes: 1.5 };
  return /^gpt-(5\.4(-pro)?|5\.5(-pro)?|5\.6-.*|6.*)$/.test(name)
    ? { over: 272_000, inputTimes: 2, outputTimes: 1.5 }
    : undefined;
}

function times(price: Price, { inputTimes, outputTimes }: LongContext): Price {
  return {
    input: price.input * inputTimes,
    output: price.output * outputTimes,
    cachedInput: price.cachedInput * inputTimes,
    cacheWrite: price.cacheWrite * inputTimes,
  };
}
