import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { ConfigError, ProviderError } from "../../src/errors.ts";
import { openNodeHost } from "../../src/runtime/node-host.ts";
import { openProvider } from "../../src/providers/index.ts";
import { scriptedProvider } from "../../src/providers/scripted.ts";
import { collect, textOf } from "../../src/contracts/provider.ts";
import { temporaryFolder } from "../support/config.ts";

test("a script that is used up fails and says so", async () => {
  const provider = scriptedProvider(["only one"]);
  await collect(provider);
  await expect(collect(provider)).rejects.toThrow(/only 1 replies/);
  await expect(collect(provider)).rejects.toThrow(ProviderError);
});

test("a step may be a function of the request", async () => {
  const provider = scriptedProvider([({ messages }) => `${messages.length} messages`]);
  expect(textOf(await collect(provider))).toBe("1 messages");
});

test("a script is read from a JSON file", async () => {
  const provider = await openProvider("scripted", { model: await scriptFile('["hello there"]'), host: openNodeHost() });
  expect(textOf(await collect(provider))).toBe("hello there");
});

test.each([
  ["no JSON", "[hello]", /cannot be read/],
  ["no list", '{"text": "hello"}', /not a list of replies/],
  ["an unknown field", '["a", {"txt": "hello"}]', /not a list of replies at 1/],
])("a script file with %s is refused with where it is wrong", async (_what, content, message) => {
  const opening = openProvider("scripted", { model: await scriptFile(content), host: openNodeHost() });
  await expect(opening).rejects.toThrow(ConfigError);
  await expect(opening).rejects.toThrow(message);
});

async function scriptFile(content: string): Promise<string> {
  const path = join(temporaryFolder(), "replies.json");
  await writeFile(path, content);
  return path;
}
