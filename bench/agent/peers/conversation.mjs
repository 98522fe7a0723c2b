/** What the sessions of all peers written for Node have in common: the question, the two tools, and the lines they are told by. */
import { createInterface } from "node:readline";

export const system =
  "You keep the inventory of a workshop. Look up what is in stock before you order, never order twice, and say in the end what you ordered and under which name.";

/** @param {string} token */
export const question = (token) =>
  `Fill up bolts and nuts for ${token}: look both up at once, then order what is missing.`;

/** @param {number} number */
export const tokenOf = (number) => `tok-${String(number).padStart(5, "0")}-x`;

/** The tools, without the types that each library has of its own. */
export const tools = {
  look_up: {
    description: "How many of an item are in stock.",
    parameters: {
      type: "object",
      properties: { token: { type: "string" }, item: { type: "string" } },
      required: ["token", "item"],
      additionalProperties: false,
    },
    /** @param {{token: string, item: string}} input */
    run: async ({ token, item }) => ({ stock: `${item} of ${token}: 7` }),
  },
  place_order: {
    description: "Order bolts and nuts.",
    parameters: {
      type: "object",
      properties: { token: { type: "string" }, bolts: { type: "number" }, nuts: { type: "number" } },
      required: ["token", "bolts", "nuts"],
      additionalProperties: false,
    },
    /** @param {{token: string, bolts: number, nuts: number}} input */
    run: async ({ token, bolts, nuts }) => ({ order: `${bolts + nuts} pieces ordered for ${token}` }),
  },
};

/**
 * Say `ready`, then run the tasks that come as lines of JSON, one after another, and print what came of each. The line
 * `abort` ends the sessions of a task.
 *
 * @param {(task: {sessions: number, streamed: boolean, base_url: string, folder: string}) => Promise<{
 *   run: (token: string, signal: AbortSignal) => Promise<string>, close?: () => Promise<void> }>} open gives what runs a
 *   session and resolves with its last text
 */
export async function serveTasks(open) {
  console.log("ready");
  let abort = () => undefined;
  for await (const line of createInterface({ input: process.stdin })) {
    if (line === "") break;
    if (line === "abort") abort();
    else abort = start(JSON.parse(line), open);
  }
  process.exit(0);
}

function start(task, open) {
  const controller = new AbortController();
  let abortedAt = 0;
  const failures = [];
  let finished = 0;
  const work = async () => {
    const { run, close } = await open(task);
    const session = async (number) => {
      const token = tokenOf(number);
      try {
        const text = await run(token, controller.signal);
        if (!text.includes(token)) throw new Error(`${token} ended with: ${text}`);
        finished += 1;
      } catch (thrown) {
        failures.push(String(thrown).slice(0, 300));
      }
    };
    await Promise.all(Array.from({ length: task.sessions }, (_, number) => session(number)));
    const settledMs = abortedAt === 0 ? null : performance.now() - abortedAt;
    await new Promise(setImmediate);
    console.log(
      JSON.stringify({
        finished,
        failed: failures.length,
        failures: [...new Set(failures)].slice(0, 3),
        settled_ms: settledMs,
      }),
    );
    await close?.();
  };
  void work();
  return () => {
    abortedAt = performance.now();
    controller.abort();
  };
}
