import { openAnthropic } from "../../src/providers/anthropic.ts";
import { withFallbacks } from "../../src/providers/fallback.ts";
import { openOpenAiResponses } from "../../src/providers/openai-responses.ts";
import { openOpenAi } from "../../src/providers/openai.ts";
import { scriptedProvider } from "../../src/providers/scripted.ts";
import { describeProvider } from "../contracts/provider.ts";
import { openMockedProvider } from "../support/mocked-provider.ts";

describeProvider("anthropic", (replies) => openMockedProvider(replies, { open: openAnthropic }));
describeProvider("openai-responses", (replies) => openMockedProvider(replies, { open: openOpenAiResponses }));
describeProvider("openai-chat", (replies) => openMockedProvider(replies, { open: openOpenAi }));
describeProvider("scripted", async (replies) => ({ provider: scriptedProvider(replies), close: async () => {} }));
describeProvider("a provider with a fallback", async (replies) => ({
  provider: withFallbacks(scriptedProvider(replies), [scriptedProvider([{ error: { message: "worse still" } }])], Date),
  close: async () => {},
}));
