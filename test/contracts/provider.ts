import { describe, expect, test } from "vitest";
import { providerContract, type ProviderUnderTest } from "../../src/contracts/provider.ts";
import type { Provider } from "../../src/providers/provider.ts";
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

/** A provider without a service: what it was asked stands for what would be sent. */
export function overheard(asked: Provider): ProviderUnderTest {
  const sent: string[] = [];
  const stream: Provider["stream"] = (request, signal) => {
    sent.push(JSON.stringify(request));
    return asked.stream(request, signal);
  };
  return { provider: { ...asked, stream }, sent: () => sent, close: async () => undefined };
}
