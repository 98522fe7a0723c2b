/** The contracts that a provider, a store and a tool of one's own must pass, run by Node: `node --test own-parts.test.ts`. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, test } from "node:test";
import { createAgent } from "axoner";
import { providerContract, sessionStoreContract, toolContract, type ScriptedReply } from "axoner/testing";
import { openGateway } from "./gateway-provider.ts";
import { rain } from "./rain-tool.ts";
import { openTableStore } from "./table-store.ts";

/** The provider before a gateway whose model gives these replies. */
async function openPlayed(replies: ScriptedReply[]) {
  const left = [...replies];
  const server = createServer((_request, response) => {
    for (const line of linesOf(left.shift() ?? { error: { message: "there is no reply left" } })) {
      response.write(`${JSON.stringify(line)}\n`);
    }
    response.end();
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  const provider = openGateway(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  const close = async () => {
    server.closeAllConnections();
    await once(server.close(), "close");
  };
  return { provider, close };
}

function linesOf(reply: ScriptedReply): object[] {
  const {
    text,
    tool_calls: calls = [],
    usage,
    stop_reason,
    error,
  } = typeof reply === "string" ? { text: reply } : reply;
  if (error !== undefined) return [{ error: error.message }];
  const stop = stop_reason ?? (calls.length > 0 ? "tool_calls" : "end");
  return [
    ...(text ?? "").split(/(?<= )/).flatMap((word) => (word === "" ? [] : [{ text: word }])),
    ...calls.map((call, index) => ({ call: { id: `call_${index}`, input: {}, ...call } })),
    { stop, ...(usage && { usage: { inputTokens: usage.input_tokens, outputTokens: usage.output_tokens } }) },
  ];
}

describe("the gateway as a provider", () => {
  for (const { name, run } of providerContract(openPlayed)) test(name, run);
});

describe("the table as a session store", () => {
  for (const { name, run } of sessionStoreContract(async () => openTableStore(":memory:"))) test(name, run);
});

describe("rain as a tool", () => {
  for (const { name, run } of toolContract({ tool: rain, input: { city: "Lyon" } })) test(name, run);
});

test("an agent made of the three answers and remembers", async () => {
  const store = openTableStore(":memory:");
  const { provider, close } = await openPlayed([
    { tool_calls: [{ name: "rain", input: { city: "Lyon" } }] },
    "80 %",
    "You asked about Lyon.",
  ]);
  const agent = createAgent({ provider, store, tools: [rain] });
  assert.equal((await agent.complete({ prompt: "Rain in Lyon?", sessionId: "trip" })).text, "80 %");
  assert.equal((await agent.complete({ prompt: "Where?", sessionId: "trip" })).text, "You asked about Lyon.");
  assert.equal((await store.load("trip"))?.messages.length, 6);
  await store.close();
  await close();
});
