import { execFile } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { describe, expect, test } from "vitest";
import type { JsonObject } from "../../src/message.ts";
import type { ScriptedReply } from "../../src/testing.ts";
import { isAlive } from "../support/alive.ts";
import { temporaryFolder } from "../support/config.ts";
import { builtCli, builtServer } from "../support/server.ts";

const odd = fileURLToPath(new URL("../support/odd-mcp-server.ts", import.meta.url));

describe("axoner run", () => {
  test("uses the tools of other servers beside its own, and leaves none of them running", async () => {
    const folder = temporaryFolder();
    const marks = join(folder, "marks");
    const mcpServers = {
      odd: { command: process.execPath, args: [odd, marks] },
      second: { command: process.execPath, args: [builtServer, "--tools", "calculate"] },
    };
    const { result, shown } = await run(folder, { mcpServers }, [
      {
        tool_calls: [
          { name: "add_numbers", input: { a: 2, b: 3 } },
          { name: "second_calculate", input: { expression: "2^10" } },
          { name: "calculate", input: { expression: "6*7" } },
        ],
      },
      "done",
    ]);
    expect(result).toMatchObject({ exit_reason: "finished", tool_calls: 3 });
    const texts = shown.flatMap(({ role, text }) => (role === "tool" ? [String(text)] : []));
    expect(texts.map((text) => JSON.parse(text) as JsonObject)).toMatchObject([
      { sum: 5 },
      { result: "1024" },
      { result: "42" },
    ]);
    expect(existsSync(marks) && readFileSync(marks, "utf8").trim().split("\n").map(Number).filter(isAlive)).toEqual([]);
  });

  test("offers of them what --tools and --no-tools leave", async () => {
    const folder = temporaryFolder();
    const mcpServers = { odd: { command: process.execPath, args: [odd] } };
    const call: ScriptedReply = { tool_calls: [{ name: "add_numbers", input: { a: 2, b: 3 } }] };
    const { shown } = await run(folder, { mcpServers }, [call, "done"], ["--no-tools", "add_numbers"]);
    expect(JSON.stringify(shown)).toContain("ERROR not_found");
  });
});

/** One run by a script of replies; `shown` is what was stored of it. */
async function run(folder: string, servers: JsonObject, script: ScriptedReply[], options: string[] = []) {
  writeFileSync(join(folder, "replies.json"), JSON.stringify(script));
  writeFileSync(join(folder, "mcp.json"), JSON.stringify(servers));
  const env = { PATH: process.env["PATH"] ?? "", HOME: join(folder, "no-home") };
  const given = ["--provider", "scripted", "--model", "replies.json", "--mcp-config", "mcp.json", "--session", "s"];
  const args = [builtCli, "run", "go", "--json", ...given, ...options];
  const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: folder, env });
  const stored = readFileSync(join(folder, ".axoner/sessions/s.jsonl"), "utf8").trim().split("\n");
  const shown = stored.flatMap((line) => (JSON.parse(line) as { record: { messages: JsonObject[] } }).record.messages);
  return { result: JSON.parse(stdout) as JsonObject, shown };
}
