import type { ProviderErrorKind } from "../../errors.ts";

/*
 * Services tell these apart by status, by a code or only by a sentence. The sentences are those of Anthropic, OpenAI,
 * Groq, OpenRouter, Mistral, vLLM, llama.cpp, Ollama and LM Studio.
 */
const contextWords =
  /context_length_exceeded|exceed_context_size|context.{0,25}(length|window|size|limit|overflow)|prompt is too long|(prompt|input|request|conversation).{0,60}(too long|too large for model|exceeds the (maximum|limit|available))|reduce the length|string_above_max_length|request_too_large/i;
const spentCodes = /insufficient_quota|billing_(error|not_active|hard_limit)/i;
const spentWords =
  /insufficient.{0,3}(quota|funds|credits?|balance)|billing (hard )?limit|billing.{0,20}not active|credit balance|exceeded your current quota|payment required/i;
/** Where to pay for more stands in refusals that pass by themselves. */
const addresses = /\b(https?:\/\/|www\.)[^\s"'<>]+/gi;
const waitWords = /\b(?:try again|retry) (?:in|after) (?:about )?((?:\d+(?:\.\d+)?\s?(?:ms|[dhms])[a-z]*\s?)+)/i;
const unitMs: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };
const modelWords =
  /model_not_found|model_decommissioned|model.{0,120}(not found|does not exist|not exist|decommissioned|deprecated|not available|no longer|not a valid)|(no such|unknown|invalid) model|"model: |not_found_error.{0,40}model:/is;
const rateWords = /tokens per (minute|day)|requests per (minute|day)|rate.?limit/i;

/** What kept the service from answering, of the status and the text of its refusal; the status is undefined in a stream. */
export function kindOf(status: number | undefined, text: string, waitMs = waitIn(text)): ProviderErrorKind {
  if (status === 401) return "key";
  if (status === 402 || isSpent(text, waitMs)) return "quota";
  // Groq refuses with 413 what is too much for a minute
  if (status === 429 || (status === 413 && rateWords.test(text))) return "quota";
  if (status === 413) return "context";
  if (status === undefined || status === 400 || status === 422 || status === 500) {
    if (contextWords.test(text)) return "context";
    if (/invalid.{0,2}api.{0,2}key|authentication_error/i.test(text)) return "key";
  }
  if (status !== undefined && status >= 400 && status < 500 && modelWords.test(text)) return "model";
  return status === 403 ? "key" : "other";
}

/** Money or a quota is used up: waiting does not help. A service that says how long to wait (`waitMs`) means a rate. */
export function isSpent(text: string, waitMs = waitIn(text)): boolean {
  const said = text.replace(addresses, "");
  return spentCodes.test(said) || (waitMs === undefined && spentWords.test(said));
}

/** The milliseconds that a refusal asks to wait in its sentence, e.g. `try again in 1m12.5s`. */
export function waitIn(text: string): number | undefined {
  const told = waitWords.exec(text)?.[1];
  if (told === undefined) return undefined;
  const parts = [...told.matchAll(/([\d.]+)\s?(ms|[dhms])/gi)];
  return parts.reduce((sum, [, count, unit = ""]) => sum + Number(count) * (unitMs[unit.toLowerCase()] ?? 0), 0);
}

export function adviceFor(kind: ProviderErrorKind, status: number | undefined, keyVariable: string): string {
  switch (kind) {
    case "key":
      return `check ${keyVariable}`;
    case "model":
      return "check the model's name and the base URL";
    case "context":
      return "the conversation is too long for this model: begin a new session, or ask for less at once";
    case "quota":
      return "the rate limit or the quota is used up: try again later or use another model";
    case "other":
      if (status === 404 || status === 405) return "check the model's name and the base URL";
      return status === undefined || status >= 500 || status === 408 ? "try again later" : "see what it objects to";
  }
}
