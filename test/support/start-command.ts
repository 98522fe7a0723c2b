import { PassThrough, Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { z } from "zod";
import { createAgent, type AgentSettings } from "../../src/agent/agent.ts";
import { noServices } from "../../src/agent/no-services.ts";
import type { Command, CommandContext, ExitCode, Output } from "../../src/cli/command.ts";
import type { Finding } from "../../src/cli/doctor/finding.ts";
import { openLocalEngine } from "../../src/engine/local.ts";
import { ToolError } from "../../src/errors.ts";
import { openMemoryStore } from "../../src/session/memory.ts";
import type { SessionStore } from "../../src/session/store.ts";
import { scriptedProvider, type ScriptStep } from "../../src/testing.ts";
import { defineTool } from "../../src/tools/tool.ts";

const greet = defineTool({
  name: "greet",
  description: "Greet people. It knows them all.",
  input: z.object({
    names: z.array(z.string()).min(1).describe("whom"),
    mood: z.enum(["warm", "cold"]).optional(),
    times: z.number().int().min(1).max(9).default(1),
    style: z.array(z.object({ tag: z.string().describe("HTML tag"), level: z.number().optional() })).optional(),
  }),
  output: z.object({ greeting: z.string() }),
  async run({ names, mood, times }, { progress }) {
    progress({ done: 1, total: 2, message: "thinking \u001b[31mhard" });
    if (mood === "cold") throw new ToolError("not_allowed", "be nice; try mood warm");
    return { greeting: `Hello ${names.join(" and ")}!`.repeat(times) };
  },
});

const wait = defineTool({
  name: "wait",
  description: "Waits for ever",
  input: z.object({}),
  output: z.object({}),
  run: (_input, { signal }) =>
    new Promise((_resolve, reject) => signal.addEventListener("abort", () => reject(signal.reason))),
});

export interface StartOptions {
  script?: readonly ScriptStep[];
  settings?: Partial<AgentSettings>;
  store?: SessionStore;
  session?: string;
  stdin?: string | Readable;
  closedStdout?: boolean;
  isTTY?: boolean;
  signal?: AbortSignal;
}

/** Run a subcommand over an engine with `greet` and `wait` and a model that replies by the script. */
export async function startCommand(
  command: Command,
  args: readonly string[],
  options: StartOptions = {},
): Promise<{ code: ExitCode; stdout: string; stderr: string }> {
  const { script = [], settings, session, stdin = "", isTTY = false, signal = new AbortController().signal } = options;
  const { store = openMemoryStore() } = options;
  const stdout: Output & PassThrough = new PassThrough();
  const stderr: Output & PassThrough = new PassThrough();
  const engine = openLocalEngine({ tools: [greet, wait], services: () => noServices });
  const context: CommandContext = {
    session,
    hasProvider: true,
    machine: { platform: "linux", home: "/nowhere", environment: {} },
    repeatOptions: () => [],
    stdin: typeof stdin === "string" ? Readable.from([Buffer.from(stdin)]) : stdin,
    stdout: Object.assign(stdout, { isTTY }),
    stderr: Object.assign(stderr, { isTTY }),
    signal,
    openEngine: async () => engine,
    openAgent: async () => createAgent({ provider: scriptedProvider(script), engine, store, ...settings }),
    openModels: () => Promise.reject(new Error("no command but chat asks for models")),
    openStore: async () => store,
    diagnose: () => findings([]),
    onInterrupt: () => () => {},
    stateFile: () => Promise.reject(new Error("no command but chat keeps a state")),
  };
  if (options.closedStdout) stdout.destroy();
  const printed = Promise.all([options.closedStdout ? "" : text(stdout), text(stderr)]);
  try {
    const code = await command(args, context);
    stdout.end();
    stderr.end();
    const [out, errors] = await printed;
    return { code, stdout: out, stderr: errors };
  } finally {
    await engine.close();
  }
}

/** What a diagnosis would tell. */
async function* findings(found: readonly Finding[]): AsyncGenerator<Finding> {
  for (const finding of found) yield await Promise.resolve(finding);
}
