/** `npm run test:inspector`: the MCP Inspector's command, strict, against the built server, over stdio and HTTP and in both eras. */
import { execFile, spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { npm, prepare, projectNode, root } from "./lib/project.mjs";
import { runMain, ScriptError } from "./lib/run.mjs";

/** Not among the development dependencies: 110 MB and 120 packages, most of them for its windows. */
const version = "2.12.0";
const folder = join(root, "node_modules/.cache/axoner-inspector", version);
const inspector = join(folder, "node_modules/@modelcontextprotocol/inspector/clients/launcher/build/index.js");
const server = join(root, "dist/mcp-server.js");

const call = ["--method", "tools/call", "--tool-name", "calculate", "--tool-arg", "expression=2^10"];
/** A resource, for the Inspector to read: the call that makes it says its name. */
const made = "inspected";
const asked = {
  "tools/list, strict": [["--method", "tools/list", "--strict"], ({ tools }) => tools.length > 9],
  "tools/call": [call, ({ structuredContent }) => structuredContent.result === "1024"],
  "tools/call that makes a dataset": [
    "--method tools/call --tool-name query_data --tool-arg"
      .split(" ")
      .concat("sql=select 1024 as n", "--tool-arg", `save_as=${made}`),
    ({ structuredContent }) => structuredContent.row_count === 1,
  ],
  "resources/list": [["--method", "resources/list"], ({ resources }) => resources.some(({ name }) => name === made)],
  "resources/templates/list": [
    ["--method", "resources/templates/list"],
    ({ resourceTemplates }) => resourceTemplates.length > 1,
  ],
  "resources/read": [
    ["--method", "resources/read", "--uri", `axoner://dataset/${made}/rows`],
    ({ contents }) => JSON.parse(contents[0].text).rows[0][0] === 1_024,
  ],
  "prompts/list": [["--method", "prompts/list"], ({ prompts }) => prompts.some(({ name }) => name === "profile_file")],
  "prompts/get": [
    ["--method", "prompts/get", "--prompt-name", "profile_file", "--prompt-args", "file=sales.csv"],
    ({ messages }) => messages[0].content.text.includes("sales.csv"),
  ],
  load: [
    [...call, "--load", "--load-requests", "200", "--load-concurrency", "10"],
    ({ ok, errors, toolErrors }) => ok === 200 && errors + toolErrors === 0,
  ],
};

await runMain(async () => {
  await prepare();
  if (!existsSync(inspector)) {
    mkdirSync(folder, { recursive: true });
    await npm(
      "install",
      "--prefix",
      folder,
      "--ignore-scripts",
      "--no-audit",
      "--no-fund",
      `@modelcontextprotocol/inspector@${version}`,
    );
  }
  const home = mkdtempSync(join(tmpdir(), "axoner-test-"));
  const env = { PATH: process.env.PATH, HOME: home, AXONER_SHARED_ENGINE: "off", AXONER_ANSWER_WITHIN: "0" };
  const http = spawn(projectNode, [server, "--http", "127.0.0.1:0"], {
    cwd: home,
    env,
    stdio: ["ignore", "ignore", "pipe"],
  });
  try {
    const targets = {
      stdio: [projectNode, server],
      http: ["--transport", "http", "--server-url", await addressOf(http)],
    };
    let failed = 0;
    for (const [transport, target] of Object.entries(targets))
      for (const era of ["legacy", "modern"])
        for (const [what, [args, isRight]] of Object.entries(asked)) {
          const fault = await ask([...args, "--protocol-era", era, "--format", "json", ...target], isRight, {
            cwd: home,
            env,
          });
          console.log(`${fault === undefined ? "ok  " : "FAIL"} ${transport}, ${era}: ${what}${fault ?? ""}`);
          if (fault !== undefined) failed++;
        }
    return failed === 0 ? 0 : 1;
  } finally {
    http.kill("SIGTERM");
    rmSync(home, { recursive: true, force: true });
  }
});

/** What is wrong, or undefined. */
async function ask(args, isRight, options) {
  try {
    const given = { ...options, timeout: 120_000 };
    const { stdout } = await promisify(execFile)(projectNode, [inspector, "--cli", ...args], given);
    const told = String(stdout);
    return isRight(JSON.parse(told).result) ? undefined : `: ${told.slice(0, 300)}`;
  } catch (failure) {
    return `: ${failure.code ?? ""} ${(failure.stderr || failure.message).slice(0, 300)}`;
  }
}

async function addressOf(child) {
  for await (const line of child.stderr) {
    const [, url] = /axoner listens on (http:\S+\/mcp)/.exec(String(line)) ?? [];
    if (url !== undefined) return url;
  }
  throw new ScriptError("the server did not listen");
}
