import pMap from "p-map";
import type { Diagnose, Finding } from "../cli/doctor/finding.ts";
import type { Config } from "../config.ts";
import { errorMessage } from "../errors.ts";
import { problem, type Check } from "./check.ts";
import { checksOf } from "./checks.ts";

export interface Patient {
  config: Config;
  /** Where the user's own configuration is, or would be. */
  configPath: string;
  /** Why it cannot be used; `config` holds nothing of it then. */
  configProblem: string | undefined;
}

/** The machine has few cores, and what is started would be slow to start. */
const checksAtOnce = 4;
const closingMs = 3_000;

export function diagnose(patient: Patient): Diagnose {
  return async function* ({ online, limitMs, signal }) {
    const { checks, close } = await checksOf(patient, { online, limitMs });
    try {
      const found = checks.map(() => Promise.withResolvers<Finding>());
      const all = pMap(checks, async (check, index) => found[index]?.resolve(await within(check, limitMs, signal)), {
        concurrency: checksAtOnce,
      });
      for (const { promise } of found) {
        const finding = await promise;
        signal.throwIfAborted();
        yield finding;
      }
      await all;
    } finally {
      await Promise.race([close(), new Promise((resolve) => setTimeout(resolve, closingMs).unref())]);
    }
  };
}

async function within(
  { name, run, whenLate, whenBroken }: Check,
  limitMs: number,
  signal: AbortSignal,
): Promise<Finding> {
  const late = AbortSignal.timeout(limitMs);
  const ending = AbortSignal.any([signal, late]);
  const { promise: ended, resolve: end } = Promise.withResolvers<Omit<Finding, "name">>();
  const onAbort = () => {
    const detail = late.aborted ? `no answer within ${limitMs / 1_000} s` : "cancelled";
    end({ status: "problem", detail, advice: whenLate });
  };
  ending.addEventListener("abort", onAbort, { once: true });
  if (ending.aborted) onAbort();
  const running = async () => {
    try {
      return await run(ending);
    } catch (thrown) {
      return problem(errorMessage(thrown), whenBroken ?? whenLate);
    }
  };
  try {
    return { name, ...(await Promise.race([ended, running()])) };
  } finally {
    ending.removeEventListener("abort", onAbort);
  }
}
