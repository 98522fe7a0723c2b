/**
 * Write everything that is made out of the tool definitions and package.json: what the server answers before it has loaded a tool, the
 * reference for people, the methods of the Python client, and what the MCP registry is told.
 *
 *   node scripts/generate.ts            write what is out of step
 *   node scripts/generate.ts --check    write nothing, and fail where something is out of step
 */
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { runAgentTool } from "../src/agent/agent-tools.ts";
import { jobTool } from "../src/engine/jobs/job-tool.ts";
import { systemErrorCode } from "../src/errors.ts";
import { toolLoaders } from "../src/tools/loaders.ts";
import type { ToolDefinition } from "../src/tools/tool.ts";
import packageJson from "../package.json" with { type: "json" };
import { asyncPythonClient, pythonClient } from "./generate-python.ts";
import { serverJson } from "./server-json.ts";
import { toolReference } from "./tool-reference.ts";

const root = join(import.meta.dirname, "..");

const tools = await Promise.all(Object.values(toolLoaders).map(({ load }) => load()));
const definitions = tools.map(definitionOf);
const runAgent = definitionOf(runAgentTool(neverStarted));
const job = definitionOf(jobTool(neverAsked));
const all = [...definitions, runAgent, job];

// oxlint-disable-next-line require-yield
async function* neverStarted(): AsyncGenerator<never> {
  throw new Error("only its definition is wanted");
}

async function neverAsked(): Promise<never> {
  throw new Error("only its definition is wanted");
}

const generated = {
  "src/engine/jobs/job.generated.json": `${JSON.stringify(job, undefined, 2)}\n`,
  "src/mcp/definitions.generated.json": `${JSON.stringify(definitions, undefined, 2)}\n`,
  "src/agent/run-agent.generated.json": `${JSON.stringify(runAgent, undefined, 2)}\n`,
  "docs/tools.md": toolReference(all),
  "server.json": serverJson(packageJson),
  "python-client/src/axoner/_generated.py": pythonClient(all),
  "python-client/src/axoner/_generated_async.py": asyncPythonClient(all),
};

function definitionOf({ name, description, inputSchema, outputSchema, hints }: ToolDefinition): ToolDefinition {
  return { name, description, inputSchema, outputSchema, hints };
}

async function outOfStep(): Promise<[path: string, text: string][]> {
  const files = Object.entries(generated);
  const current = await Promise.all(files.map(([path]) => readIfThere(join(root, path))));
  return files.filter(([, text], index) => text !== current[index]);
}

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, "utf8");
  } catch (thrown) {
    if (systemErrorCode(thrown) === "ENOENT") return undefined;
    throw thrown;
  }
}

const stale = await outOfStep();
if (process.argv.includes("--check")) {
  for (const [path] of stale) console.error(`${path} is out of step with the tools; run \`npm run generate\``);
  process.exitCode = stale.length > 0 ? 1 : 0;
} else {
  for (const [path, text] of stale) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), text);
    console.log(`wrote ${path}`);
  }
}
