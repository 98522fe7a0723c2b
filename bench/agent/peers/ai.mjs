/** Sessions of the `ai` package, with a history that is saved after each step. Its packages lie in a folder of their own. */
import { appendFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { question, serveTasks, system, tools as plain } from "./conversation.mjs";

const [, , packages = "."] = process.argv;
const load = createRequire(join(packages, "package.json"));
const { generateText, jsonSchema, stepCountIs, streamText, tool } = await import(
  pathToFileURL(load.resolve("ai")).href
);
const { createOpenAICompatible } = await import(pathToFileURL(load.resolve("@ai-sdk/openai-compatible")).href);

const tools = Object.fromEntries(
  Object.entries(plain).map(([name, { description, parameters, run }]) => {
    return [name, tool({ description, inputSchema: jsonSchema(parameters), execute: run })];
  }),
);

await serveTasks(async ({ base_url: baseURL, folder, streamed }) => {
  const model = createOpenAICompatible({ name: "mock", baseURL, apiKey: "k", includeUsage: true })("mock");
  return {
    async run(token, abortSignal) {
      const path = join(folder, `${token}.jsonl`);
      const save = (messages) => appendFile(path, messages.map((message) => `${JSON.stringify(message)}\n`).join(""));
      const prompt = question(token);
      await save([{ role: "user", content: prompt }]);
      let saved = 0;
      const onStepFinish = async ({ response }) => {
        const added = response.messages.slice(saved);
        saved += added.length;
        await save(added);
      };
      const options = { model, system, prompt, tools, stopWhen: stepCountIs(10), abortSignal, onStepFinish };
      if (!streamed) return (await generateText(options)).text;
      const failures = [];
      const result = streamText({ ...options, onError: ({ error }) => failures.push(error) });
      let text = "";
      for await (const piece of result.textStream) text += piece;
      if (failures.length > 0) throw new Error("it failed in the middle", { cause: failures[0] });
      abortSignal.throwIfAborted();
      return text;
    },
  };
});
