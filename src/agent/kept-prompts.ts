import { estimateTokens } from "./count-tokens.ts";
import { cutMiddle } from "./transcript.ts";

export interface KeptPrompts {
  /** What stands for the prompts in a summary. */
  text: string;
  /** Those that are not in it, or not whole. */
  missing: readonly string[];
}

/**
 * What users asked for, in their words: all of it where it fits, else the first, which says what it is all about, and
 * the last ones, which say what is wanted now.
 */
export function keepPrompts(prompts: readonly string[], maxTokens: number): KeptPrompts {
  const sizes = prompts.map(estimateTokens);
  const last = prompts.length - 1;
  const kept = new Set<number>();
  let left = maxTokens;
  for (const at of [0, ...Array.from(prompts.keys()).toReversed()]) {
    if (kept.has(at)) continue;
    const size = sizes[at] ?? 0;
    if (at !== 0 && at !== last && size > left) break;
    kept.add(at);
    left -= size;
  }
  const ends = [...new Set([0, last])];
  const room = (at: number) => {
    const other = ends.find((end) => end !== at);
    const taken = other === undefined ? 0 : Math.min(sizes[other] ?? 0, maxTokens / 2);
    return maxTokens - taken;
  };
  const missing: string[] = [];
  let skipped = 0;
  const lines: string[] = [];
  const tellSkipped = () => {
    if (skipped > 0) lines.push(`[${skipped} more, summed up below]`);
    skipped = 0;
  };
  for (const [at, prompt] of prompts.entries()) {
    const isWhole = kept.has(at) && (left >= 0 || (sizes[at] ?? 0) <= room(at));
    if (!isWhole) missing.push(prompt);
    if (!kept.has(at)) {
      skipped += 1;
      continue;
    }
    tellSkipped();
    const cut = isWhole ? prompt : cutMiddle(prompt, (prompt.length * room(at)) / (sizes[at] ?? 1), 0.5);
    lines.push(`<asked>\n${cut}\n</asked>`);
  }
  tellSkipped();
  const heading = missing.length === 0 ? "What was asked, word for word:" : "What was asked, as far as there is room:";
  return { text: [heading, ...lines].join("\n"), missing };
}
