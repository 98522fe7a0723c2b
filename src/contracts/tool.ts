import assert from "node:assert/strict";
import { errorCodes } from "../errors.ts";
import { isJsonObject, type JsonObject } from "../message.ts";
import type { Services } from "../tools/services.ts";
import type { Tool, ToolResult } from "../tools/tool.ts";
import { casesOf, within, type ContractCase } from "./contract.ts";

export interface ToolUnderTest {
  tool: Tool;
  /** An input that it does its work with. */
  input: JsonObject;
  /** What it finds as `context.services`, where it looks there. */
  services?: Services;
  /** How long a call may take, and how long after an abort it may still run; default 4 s, which test runners wait for. */
  limitMs?: number;
}

/** What every tool does, as cases for any test runner. The tool is called a few times with the same input. */
export function toolContract({ tool, input, services, limitMs = 4_000 }: ToolUnderTest): ContractCase[] {
  const send = (sent: unknown, signal: AbortSignal) =>
    tool.call(sent, { signal, progress: () => undefined, services: services ?? ({} as Services) });
  const call = (sent: unknown): Promise<ToolResult> =>
    within(limitMs, tool.name, send(sent, new AbortController().signal));
  const endsAborted = async ({ signal, reason, when }: { signal: AbortSignal; reason: Error; when: string }) => {
    const ended = send(input, signal).catch((thrown: unknown) => assert.equal(thrown, reason));
    const result = await within(limitMs, `${tool.name}, ${when},`, ended);
    if (result !== undefined && !result.ok) assert.equal(result.code, "cancelled");
  };
  const subject = { open: () => Promise.resolve(tool), close: () => Promise.resolve() };
  return casesOf(subject, {
    ...describing,
    async "answers its input with JSON that says it is done"({ outputSchema }) {
      const result = await call(input);
      assert.ok(result.ok, result.ok ? "" : `it failed: ${result.code}: ${result.message}`);
      assert.equal(result.value["status"], "done");
      assert.deepEqual(JSON.parse(JSON.stringify(result.value)), result.value);
      const properties = outputSchema["properties"];
      const known = isJsonObject(properties) ? Object.keys(properties) : [];
      assert.deepEqual(
        Object.keys(result.value).filter((key) => !known.includes(key)),
        [],
      );
    },
    async "answers an argument that there is not with invalid_input, by its name"() {
      const result = await call({ ...input, no_such_argument: 1 });
      assert.ok(!result.ok);
      assert.equal(result.code, "invalid_input");
      assert.match(result.message, /no_such_argument/);
    },
    async "answers nonsense with a failure that has a code"() {
      for (const nonsense of [7, "text", [], { __proto__: 1 }]) {
        const result = await call(nonsense);
        if (!result.ok) assert.ok(errorCodes.includes(result.code));
      }
    },
    async "ends as cancelled, or with the signal's reason, when it is aborted before it begins"() {
      const reason = new Error("changed my mind");
      await endsAborted({ signal: AbortSignal.abort(reason), reason, when: "called after an abort" });
    },
    async "ends, done or cancelled, when it is aborted while it works"() {
      const reason = new Error("changed my mind");
      const controller = new AbortController();
      const ended = endsAborted({ signal: controller.signal, reason, when: "aborted while it worked" });
      setImmediate(() => controller.abort(reason));
      await ended;
    },
  });
}

const describing: Record<string, (tool: Tool) => Promise<void>> = {
  async "has a name and a description that every client takes"({ name, description }) {
    await Promise.resolve();
    assert.match(name, /^[a-z][a-z0-9_]{0,40}$/);
    assert.notEqual(description.trim(), "");
  },
  async "has schemas that are plain JSON Schema of objects"({ inputSchema, outputSchema }) {
    await Promise.resolve();
    for (const schema of [inputSchema, outputSchema]) {
      assert.deepEqual(JSON.parse(JSON.stringify(schema)), schema);
      assert.equal(schema["type"], "object");
      assert.doesNotMatch(JSON.stringify(schema), /"\$ref"/);
    }
    assert.deepEqual(outputSchema["required"], ["status"]);
  },
};
