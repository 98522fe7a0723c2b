import { describe, expect, test } from "vitest";
import { providerContract, type ProviderUnderTest } from "../../src/contracts/provider.ts";
import type { ScriptedReply } from "../../src/providers/scripted.ts";

/** What every provider does, whoever is behind it. `open` makes one whose model gives these replies in their order. */
export function describeProvider(
  subject: string,
  open: (replies: ScriptedReply[]) => Promise<ProviderUnderTest>,
): void {
  describe(`${subject} as a provider`, () => {
    test.each(providerContract(open))("$name", ({ run }) => expect(run()).resolves.toBeUndefined());
  });
}
