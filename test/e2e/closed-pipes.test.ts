import { spawn } from "node:child_process";
import { text } from "node:stream/consumers";
import { describe, expect, onTestFinished, test } from "vitest";
import { temporaryFolder } from "../support/config.ts";
import { alone, builtServer, misbehaving } from "../support/server.ts";

/** Calls a tool through pipes of a shell, then runs `wait` and closes the input; gives what the reader writes. */
async function callThroughPipes(tool: string, { wait, reader }: { wait: string; reader: string }): Promise<string> {
  const line = JSON.stringify({ jsonrpc: "2.0", id: 1, method: "tools/call", params: { name: tool, arguments: {} } });
  const command = `{ printf '%s\\n' "$LINE"; ${wait}; } | "$NODE" "$SERVER" --plugin "$PLUGIN" | ${reader}`;
  const shell = spawn("sh", ["-c", command], {
    cwd: temporaryFolder(),
    detached: true,
    stdio: ["ignore", "pipe", "inherit"],
    env: {
      ...alone,
      PATH: process.env["PATH"] ?? "",
      LINE: line,
      NODE: process.execPath,
      SERVER: builtServer,
      PLUGIN: misbehaving,
    },
  });
  const { pid } = shell;
  const exited = new Promise((resolve) => shell.once("exit", resolve));
  onTestFinished(() => {
    // The whole group: what failed to end is what is tested here.
    if (pid !== undefined && shell.exitCode === null) process.kill(-pid, "SIGKILL");
  });
  const [output] = await Promise.all([text(shell.stdout), exited]);
  return output;
}

describe("once the input has ended", () => {
  test("a call is answered as long as somebody reads", async () => {
    expect(await callThroughPipes("count", { wait: "true", reader: "cat" })).toContain('"counted":10');
  });

  // The call takes a minute, and nothing is written meanwhile.
  test.runIf(process.platform === "linux").each([
    ["later than the input", { wait: "true", reader: "sleep 2" }],
    ["with the input", { wait: "sleep 2", reader: "sleep 2" }],
  ])("a call is stopped whose answer nobody can read, for the reader ends %s", async (_when, ends) => {
    expect(await callThroughPipes("wait", ends)).toBe("");
  });
});
