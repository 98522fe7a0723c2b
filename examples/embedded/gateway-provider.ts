/**
 * A provider of one's own, for a gateway that answers a request with lines of JSON: `{"text": "…"}`, `{"call": {…}}`,
 * and at the end `{"stop": "end", "usage": {…}}`, or `{"error": "…"}`. `own-parts.test.ts` holds it to the contract.
 */
import { ProviderError, type AssistantPart, type Provider } from "axoner";
import { z } from "zod";

const lineSchema = z.union([
  z.object({ text: z.string() }),
  z.object({ call: z.object({ id: z.string(), name: z.string(), input: z.json() }) }),
  z.object({
    stop: z.enum(["end", "tool_calls", "length", "refusal"]),
    usage: z.object({ inputTokens: z.int(), outputTokens: z.int() }).optional(),
  }),
  z.object({ error: z.string() }),
]);

export function openGateway(url: string): Provider {
  return {
    name: "gateway",
    model: "house-1",
    price: undefined,
    async *stream(request, signal) {
      const parts: AssistantPart[] = [];
      let text = "";
      for await (const line of ask(url, JSON.stringify(request), signal)) {
        if ("error" in line) throw new ProviderError(`the gateway refused: ${line.error}`, { retryable: false });
        if ("call" in line) parts.push({ type: "tool_call", call: line.call });
        if ("text" in line) yield { type: "text", text: line.text };
        if ("text" in line) text += line.text;
        if (!("stop" in line)) continue;
        if (text !== "") parts.unshift({ type: "text", text });
        yield { type: "done", parts, usage: line.usage, stopReason: line.stop };
        return;
      }
      throw new ProviderError("the gateway ended in the middle of a reply", { retryable: true });
    },
  };
}

async function* ask(url: string, body: string, signal: AbortSignal): AsyncGenerator<z.output<typeof lineSchema>> {
  try {
    const response = await fetch(url, { method: "POST", body, signal });
    let rest = "";
    for await (const chunk of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
      const lines = (rest + chunk).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) {
        signal.throwIfAborted();
        yield lineSchema.parse(JSON.parse(line));
      }
    }
  } catch (thrown) {
    signal.throwIfAborted();
    throw new ProviderError(`${url} cannot be understood: ${String(thrown)}`, { retryable: true, cause: thrown });
  }
}
