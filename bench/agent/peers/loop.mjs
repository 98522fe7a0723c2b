/** The loop that one writes by hand: undici's `request`, a few lines for server-sent events, a line of JSON a message. */
import { appendFile } from "node:fs/promises";
import { join } from "node:path";
import { Agent, request } from "undici";
import { question, serveTasks, system, tools } from "./conversation.mjs";

const attempts = 4;
const described = Object.entries(tools).map(([name, { description, parameters }]) => {
  return { type: "function", function: { name, description, parameters } };
});

async function readWhole(body) {
  return (await body.json()).choices[0].message;
}

async function readStream(body) {
  const message = { role: "assistant", content: null };
  let rest = "";
  for await (const text of body.setEncoding("utf8")) {
    const lines = (rest + text).split("\n");
    rest = lines.pop();
    for (const line of lines) {
      if (!line.startsWith("data: ") || line === "data: [DONE]") continue;
      const delta = JSON.parse(line.slice(6)).choices[0]?.delta;
      if (delta?.content) message.content = (message.content ?? "") + delta.content;
      for (const { index, id, function: called } of delta?.tool_calls ?? []) {
        message.tool_calls ??= [];
        const call = (message.tool_calls[index] ??= {
          id,
          type: "function",
          function: { name: called.name, arguments: "" },
        });
        call.function.arguments += called.arguments;
      }
    }
  }
  return message;
}

await serveTasks(async ({ base_url: baseUrl, folder, streamed }) => {
  const dispatcher = new Agent({ headersTimeout: 0, bodyTimeout: 0 });

  async function ask(messages, signal) {
    const body = JSON.stringify({ model: "mock", messages, tools: described, stream: streamed });
    const headers = { "content-type": "application/json", authorization: "Bearer k" };
    for (let attempt = 1; ; attempt += 1) {
      const reply = await request(`${baseUrl}/chat/completions`, { method: "POST", headers, body, signal, dispatcher });
      if (reply.statusCode === 200) return streamed ? readStream(reply.body) : readWhole(reply.body);
      const text = await reply.body.text();
      if (attempt === attempts || reply.statusCode < 429) throw new Error(`${reply.statusCode}: ${text}`);
      await new Promise((resolve) => setTimeout(resolve, 250 * 2 ** (attempt - 1)));
    }
  }

  return {
    async run(token, signal) {
      const messages = [{ role: "system", content: system }];
      const add = async (...added) => {
        messages.push(...added);
        await appendFile(
          join(folder, `${token}.jsonl`),
          added.map((message) => `${JSON.stringify(message)}\n`).join(""),
        );
      };
      await add({ role: "user", content: question(token) });
      for (;;) {
        const message = await ask(messages, signal);
        const answers = await Promise.all(
          (message.tool_calls ?? []).map(async ({ id, function: called }) => {
            const result = await tools[called.name].run(JSON.parse(called.arguments));
            return { role: "tool", tool_call_id: id, content: JSON.stringify(result) };
          }),
        );
        await add(message, ...answers);
        if (answers.length === 0) return message.content;
      }
    },
    close: () => dispatcher.destroy(),
  };
});
