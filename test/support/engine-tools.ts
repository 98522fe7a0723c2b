/** Tools that behave in every way an engine must bear. A plugin to the engine process, and plain tools in this one. */
import { setTimeout as delay } from "node:timers/promises";
import { z } from "zod";
import { ToolError } from "../../src/errors.ts";
import { defineTool, type Tool } from "../../src/tools/tool.ts";

const nothing = z.object({});

export const echo = defineTool({
  name: "echo",
  description: "Return the text.",
  input: z.object({ text: z.string(), times: z.number().int().min(1).max(1_000_000).default(1) }),
  output: z.object({ text: z.string() }),
  run: async ({ text, times }) => ({ text: text.repeat(times) }),
});

export const count = defineTool({
  name: "count",
  description: "Count to ten with progress.",
  input: nothing,
  output: z.object({ counted: z.number() }),
  async run(_input, { signal, progress }) {
    for (let done = 1; done <= 10; done++) {
      await delay(2, undefined, { signal });
      progress({ done, total: 10, message: `counted ${done}` });
    }
    // the SDK's client drops progress that arrives together with the result
    await delay(50, undefined, { signal });
    return { counted: 10 };
  },
});

export const hurry = defineTool({
  name: "hurry",
  description: "Tell of many steps at once.",
  input: z.object({ steps: z.number(), is_open: z.boolean().default(false) }),
  output: nothing,
  async run({ steps, is_open: isOpen }, { progress }) {
    for (let done = 1; done <= steps; done += 1) progress({ done, ...(!isOpen && { total: steps }) });
    return {};
  },
});

export const wait = defineTool({
  name: "wait",
  description: "Wait until aborted.",
  input: nothing,
  output: nothing,
  async run(_input, { signal }) {
    await delay(60_000, undefined, { signal });
    return {};
  },
});

export const linger = defineTool({
  name: "linger",
  description: "Take its time.",
  input: z.object({ ms: z.number(), dataset: z.string().optional() }),
  output: z.object({ pid: z.number() }),
  async run({ ms, dataset }, { signal, progress }) {
    progress({ done: 1, total: 2, message: "half of it", ...(dataset !== undefined && { dataset }) });
    await delay(ms, undefined, { signal });
    return { pid: process.pid };
  },
});

export const failLate = defineTool({
  name: "fail_late",
  description: "Fail after a while.",
  input: nothing,
  output: nothing,
  async run() {
    await delay(100);
    throw new ToolError("http_error", "late and wrong");
  },
});

export const countSlowly = defineTool({
  name: "count_slowly",
  description: "Count to ten within a second.",
  input: nothing,
  output: z.object({ counted: z.number() }),
  async run(_input, { signal, progress }) {
    for (let done = 1; done <= 10; done++) {
      await delay(100, undefined, { signal });
      progress({ done, total: 10 });
    }
    return { counted: 10 };
  },
});

export const ignoreAbort = defineTool({
  name: "ignore_abort",
  description: "Wait for a minute whatever happens.",
  input: nothing,
  output: nothing,
  async run() {
    await delay(60_000, undefined, { ref: false });
    return {};
  },
});

export const refuse = defineTool({
  name: "refuse",
  description: "Fail with a code.",
  input: nothing,
  output: nothing,
  run: () => Promise.reject(new ToolError("not_allowed", "not today; try tomorrow")),
});

export const crash = defineTool({
  name: "crash",
  description: "Throw what is no ToolError.",
  input: nothing,
  output: nothing,
  run: () => Promise.reject(new RangeError("out of cheese")),
});

export const die = defineTool({
  name: "die",
  description: "Kill the process the tool runs in.",
  input: nothing,
  output: nothing,
  run: async () => process.kill(process.pid, "SIGKILL") && {},
});

export const print = defineTool({
  name: "print",
  description: "Write to stdout.",
  input: nothing,
  output: z.object({ pid: z.number() }),
  async run() {
    console.log("a tool that prints");
    process.stdout.write("and again\n");
    return { pid: process.pid };
  },
});

/** What a plugin without types may do, made to look like a tool. */
function sloppy(name: string, call: Tool["call"]): Tool {
  return { ...echo, name, description: "Break the contract.", call };
}

export const returnBigInt = sloppy("return_bigint", async () => ({ ok: true, value: { n: 10n } as never }));
export const returnNothing = sloppy("return_nothing", async () => undefined as never);
export const oddCode = sloppy("odd_code", async () => ({
  ok: false,
  code: "my_code" as never,
  message: "x".repeat(50_000),
}));
export const oddProgress = sloppy("odd_progress", async (_input, { progress }) => {
  progress({ done: Number.NaN });
  return { ok: true, value: { status: "done" } };
});

export const block = defineTool({
  name: "block",
  description: "Never give the thread back.",
  input: nothing,
  output: nothing,
  run() {
    for (;;);
  },
});

const hoarded: Buffer[] = [];

export const hoard = defineTool({
  name: "hoard",
  description: "Take memory and keep it.",
  input: z.object({ megabytes: z.number() }),
  output: z.object({ pid: z.number() }),
  async run({ megabytes }) {
    hoarded.push(Buffer.alloc(megabytes * 1e6, 1));
    return { pid: process.pid };
  },
});
