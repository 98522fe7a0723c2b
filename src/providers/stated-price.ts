import type { Price, Provider } from "./provider.ts";

/** What a model costs, as its user says: US dollars for a million tokens. */
export type StatedPrice = {
  input: number;
  output: number;
  /** Of input that comes from a cache; default that of other input. */
  cachedInput?: number | undefined;
  /** Of input that is put into a cache; default that of other input. */
  cacheWrite?: number | undefined;
};

/** By `MODEL` as the service spells it, or `PROVIDER/MODEL`, which counts first. */
export type StatedPrices = Record<string, StatedPrice>;

export function statedPriceOf(provider: string, model: string, prices: StatedPrices): StatedPrice | undefined {
  const key = [`${provider}/${model}`, model].find((name) => Object.hasOwn(prices, name));
  return key === undefined ? undefined : prices[key];
}

/** The provider, at a price that counts in place of what is known of it. */
export function withPrice(provider: Provider, stated: StatedPrice | undefined): Provider {
  return stated === undefined ? provider : { ...provider, price: wholePrice(stated) };
}

function wholePrice({ input, output, cachedInput = input, cacheWrite = input }: StatedPrice): Price {
  return { input, output, cachedInput, cacheWrite };
}
