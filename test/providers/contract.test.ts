import { openAnthropic } from "../../src/providers/anthropic.ts";
import { withFallbacks } from "../../src/providers/fallback.ts";
import { openOpenAiResponses } from "../../src/providers/openai-responses.ts";
import { openOpenAi } from "../../src/providers/openai.ts";
import type { ServiceOptions } from "../../src/providers/lib/http-provider.ts";
import type { Provider } from "../../src/providers/provider.ts";
import { scriptedProvider, type ScriptedReply } from "../../src/providers/scripted.ts";
import { describeProvider, overheard } from "../contracts/provider.ts";
import { openMockedProvider } from "../support/mocked-provider.ts";

describeProvider("anthropic", (replies) => openServed(replies, openAnthropic));
describeProvider("openai-responses", (replies) => openServed(replies, openOpenAiResponses));
describeProvider("openai-chat", (replies) => openServed(replies, openOpenAi));
describeProvider("scripted", async (replies) => overheard(scriptedProvider(replies)));
describeProvider("a provider with a fallback", async (replies) => {
  const { provider, ...heard } = overheard(scriptedProvider(replies));
  const worse = scriptedProvider([{ error: { message: "worse still" } }]);
  return { ...heard, provider: withFallbacks(provider, [worse], Date) };
});

async function openServed(replies: ScriptedReply[], open: (options: ServiceOptions) => Provider) {
  const { provider, server, close } = await openMockedProvider(replies, { open });
  return { provider, close, sent: () => server.requests.map(({ body }) => JSON.stringify(body)) };
}
