import { lazyMath } from "../math/lazy-math.ts";
import { once } from "../once.ts";
import type { Check } from "./check.ts";
import { configurationChecks, machineChecks } from "./here.ts";
import { clientChecks } from "./clients.ts";
import type { Patient } from "./diagnose.ts";
import { partChecks } from "./parts.ts";
import { reachChecks } from "./reach.ts";

export interface ChecksOptions {
  online: boolean;
  limitMs: number;
}

/** Everything that is checked, in the order in which it is told, and how what was opened for it is closed. */
export async function checksOf(
  patient: Patient,
  options: ChecksOptions,
): Promise<{ checks: Check[]; close(): Promise<void> }> {
  const { config } = patient;
  const services = once(async () =>
    (await import("../runtime/open-services.ts")).openServices(config, { math: lazyMath(config.engine_idle) }),
  );
  const { checks: reached, close } = await reachChecks(patient, options, async () => (await services.get()).services);
  const parts = partChecks(config, async () => (await services.get()).services);
  return {
    checks: [
      ...machineChecks(),
      ...configurationChecks(patient),
      ...reached,
      ...parts,
      ...clientChecks(options.limitMs),
    ],
    async close() {
      await Promise.all([close(), services.opened().then((opened) => opened?.close())]);
    },
  };
}
