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
import { builtCli, builtServer, misbehaving, startServer, type RunningServer } from "../support/server.ts";
import { fileOf } from "../support/session-files.ts";

const odd = fileURLToPath(new URL("../support/odd-mcp-server.ts", import.meta.url));
const plugin = fileURLToPath(new URL("../../examples/plugin/rate-supplier.mjs", import.meta.url));

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
    const answers = texts.map((text) => JSON.parse(text) as JsonObject);
    expect(answers).toHaveLength(3); // in the order in which they came
    for (const answer of [{ sum: 5 }, { result: "1024" }, { result: "42" }]) {
      expect(answers).toContainEqual(expect.objectContaining(answer));
    }
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

describe("run_agent over MCP", () => {
  const script = (folder: string, replies: ScriptedReply[]) => {
    writeFileSync(join(folder, "replies.json"), JSON.stringify(replies));
    return ["--provider", "scripted", "--model", join(folder, "replies.json")];
  };
  const listed = async (server: RunningServer) => {
    const { result } = await server.request("tools/list");
    return ((result as JsonObject)["tools"] as { name: string }[]).map(({ name }) => name);
  };

  test("works with the server's tools, a plugin's included, and tells its progress", async () => {
    const cwd = temporaryFolder();
    writeFileSync(join(cwd, "sales.csv"), "city,amount\nLyon,10\nOslo,32\n");
    const replies: ScriptedReply[] = [
      {
        tool_calls: [
          { name: "query_data", input: { sql: "select max(amount) as most from 'sales.csv'" } },
          { name: "rate_supplier", input: { lead_days: 2, rating: 4.5 } },
        ],
      },
      "Oslo sold most.",
    ];
    const server = startServer({ cwd, args: [...script(cwd, replies), "--plugin", plugin] });
    await server.request("initialize");
    expect(await listed(server)).toContain("run_agent");
    const { result } = await server.request("tools/call", {
      name: "run_agent",
      arguments: { prompt: "Which city?", session_id: "s" },
      _meta: { progressToken: "p" },
    });
    expect(result).toMatchObject({
      structuredContent: {
        status: "done",
        text: "Oslo sold most.",
        session_id: "s",
        exit_reason: "finished",
        tool_calls: 2,
      },
    });
    const stored = readFileSync(fileOf(join(cwd, ".axoner/sessions"), "s"), "utf8");
    expect(stored).toMatch(/32/);
    expect(stored).toMatch(/grade/);
    expect(server.received.filter(({ method }) => method === "notifications/progress")).not.toEqual([]);
  });

  test("is stopped by a cancel, and the server goes on", async () => {
    const cwd = temporaryFolder();
    const replies: ScriptedReply[] = [{ tool_calls: [{ name: "wait", input: {} }] }];
    const server = startServer({ cwd, args: [...script(cwd, replies), "--plugin", misbehaving] });
    await server.request("initialize");
    const params = { name: "run_agent", arguments: { prompt: "go", session_id: "s" }, _meta: { progressToken: 1 } };
    server.send({ jsonrpc: "2.0", id: "run", method: "tools/call", params });
    await expect.poll(() => JSON.stringify(server.received), { timeout: 20_000 }).toContain("notifications/progress");
    server.send({ jsonrpc: "2.0", method: "notifications/cancelled", params: { requestId: "run" } });
    expect(await server.call("calculate", { expression: "1+1" })).toMatchObject({ structuredContent: { result: "2" } });
    expect(server.received.some(({ id }) => id === "run")).toBe(false);
  });

  test("is not offered without a provider, and says how to choose one", async () => {
    const server = startServer({ cwd: temporaryFolder() });
    await server.request("initialize");
    expect(await listed(server)).not.toContain("run_agent");
    expect(await server.call("run_agent", { prompt: "go" })).toMatchObject({
      isError: true,
      structuredContent: {
        code: "unavailable",
        message: expect.stringMatching(/no model provider is chosen: set .*OPENAI_API_KEY/) as string,
      },
    });
  });

  test("is left out by --no-tools and by an axoner that stands too deep below another", async () => {
    const cwd = temporaryFolder();
    const args = script(cwd, ["x"]);
    const without = startServer({ cwd, args: [...args, "--no-tools", "run_agent"] });
    await without.request("initialize");
    expect(await listed(without)).not.toContain("run_agent");
    const deep = startServer({ cwd, args, env: { AXONER_AGENT_DEPTH: "3" } });
    await deep.request("initialize");
    expect(await listed(deep)).not.toContain("run_agent");
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
  const stored = readFileSync(fileOf(join(folder, ".axoner/sessions"), "s"), "utf8")
    .trim()
    .split("\n");
  const shown = stored.flatMap((line) => (JSON.parse(line) as { record: { messages: JsonObject[] } }).record.messages);
  return { result: JSON.parse(stdout) as JsonObject, shown };
}
