import type { Usage } from "../../message.ts";

type Counts = { [Key in keyof Usage]: number | null | undefined };

/** What was counted; what a service did not tell is left out. */
export function usageOf({ inputTokens, outputTokens, ...details }: Counts): Usage {
  const told = Object.entries(details).filter(([, count]) => typeof count === "number");
  return { inputTokens: inputTokens ?? 0, outputTokens: outputTokens ?? 0, ...Object.fromEntries(told) };
}
