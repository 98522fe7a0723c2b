import { z } from "zod";

/** Tokens in the names in which they leave the process. Where a service tells more than sums, that is there too. */
export const tokenUsage = z.object({
  input_tokens: z.int(),
  output_tokens: z.int(),
  /** Of the input, what a cache gave. */
  cached_input_tokens: z.int().exactOptional(),
  /** Of the input, what was put into a cache. */
  cache_write_tokens: z.int().exactOptional(),
  /** Of the output. */
  reasoning_tokens: z.int().exactOptional(),
});

export type TokenUsage = z.output<typeof tokenUsage>;
