import { isJsonObject, type JsonValue } from "../message.ts";
import type { StatedPrice, StatedPrices } from "../providers/stated-price.ts";

export const wantedPrices =
  'an object such as {"MODEL": {"input": 0.5, "output": 1.5}} with cachedInput and cacheWrite if they differ, all numbers from 0';

const fields = ["input", "output", "cachedInput", "cacheWrite"];

/** What models cost, from the file or as JSON text; undefined for what is none of it. */
export function parsePrices(given: unknown): StatedPrices | undefined {
  const stated = typeof given === "string" ? parseText(given) : given;
  if (!isJsonObject(stated)) return undefined;
  const prices: Record<string, StatedPrice> = {};
  for (const [model, price] of Object.entries(stated)) {
    if (!isPrice(price)) return undefined;
    prices[model] = price;
  }
  return prices;
}

function isPrice(value: JsonValue): value is JsonValue & StatedPrice {
  if (!isJsonObject(value) || value["input"] === undefined || value["output"] === undefined) return false;
  return Object.entries(value).every(
    ([name, usd]) => fields.includes(name) && typeof usd === "number" && Number.isFinite(usd) && usd >= 0,
  );
}

function parseText(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // told as what it is not
  }
}
