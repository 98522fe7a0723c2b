import { execFile } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { temporaryFolder } from "../support/config.ts";
import { startPostgres } from "../support/postgres.ts";
import { builtCli } from "../support/server.ts";
import { blocksIn, runBlock } from "../support/shell-block.ts";

const guide = readFileSync(new URL("../../docs/sessions.md", import.meta.url), "utf8");

test("the block of docs/sessions.md takes back, forks, finds and moves as it says", async () => {
  const [first, second, undone, forked, titled, found, moved, listed] = await runBlock(blocksIn(guide, "sh")[0] ?? "");
  expect([first, second]).toMatchObject([{ text: "To Oslo." }, { session_id: "trip" }]);
  expect(undone).toMatchObject({ id: "trip", prompt: "How?" });
  expect(forked).toMatchObject({ id: "other", forked_from: "trip" });
  expect(titled).toMatchObject({ title: "A voyage" });
  expect(found).toMatchObject({ sessions: [{ id: "other" }, { id: "trip" }] });
  expect(moved).toMatchObject({ imported: [{ id: "trip" }, { id: "other" }] });
  expect(listed).toMatchObject({ sessions: [{ id: "other", title: "A voyage" }, { id: "trip" }] });
});

async function axoner(folder: string, args: string[], options: { stdin?: string; env?: Record<string, string> } = {}) {
  const env = { PATH: process.env["PATH"] ?? "", HOME: join(folder, "no-home"), ...options.env };
  const running = promisify(execFile)(process.execPath, [builtCli, ...args], { cwd: folder, env });
  running.child.stdin?.end(options.stdin ?? "");
  return running;
}

function scripted(folder: string): string[] {
  writeFileSync(join(folder, "replies.json"), '["To Oslo.", "By train."]');
  return ["--provider", "scripted", "--model", "replies.json", "--session", "trip"];
}

test("a session that was begun in files goes on in PostgreSQL", async () => {
  const server = await startPostgres();
  try {
    const folder = temporaryFolder();
    const model = scripted(folder);
    const env = { AXONER_STORE: server.superuserUrl };
    await axoner(folder, ["run", "Where shall we go?", ...model]);
    const { stdout: exported } = await axoner(folder, ["sessions", "export", "trip"]);
    await axoner(folder, ["sessions", "import"], { stdin: exported, env });
    await axoner(folder, ["run", "How?", ...model], { env });
    const { stdout } = await axoner(folder, ["sessions", "show", "trip", "--json"], { env });
    const { messages } = JSON.parse(stdout) as { messages: unknown[] };
    expect(messages).toMatchObject([
      { text: "Where shall we go?" },
      { role: "assistant" },
      { text: "How?" },
      { role: "assistant" },
    ]);
    const { stdout: kept } = await axoner(folder, ["sessions", "export", "trip"]);
    expect(kept).toBe(exported);
  } finally {
    await server.stop();
  }
});

test.each([
  ["file:kept", []],
  ["sqlite:kept.db", []],
  ["memory:", []],
])("of the store %s nothing but itself is loaded", async (store, wanted) => {
  const folder = temporaryFolder();
  const tellLoaded = new URL("../support/tell-loaded.ts", import.meta.url).href;
  const env = { NODE_OPTIONS: `--import=${tellLoaded}` };
  const { stderr } = await axoner(folder, ["run", "hi", ...scripted(folder), "--store", store], { env });
  const paths = [...stderr.matchAll(/^loaded file:\/\/(\S+)$/gm)].map(([, path = ""]) => path);
  const texts = paths.filter((path) => path.includes("/dist/")).map((path) => readFileSync(path, "utf8"));
  expect(texts.length).toBeGreaterThan(0);
  const clients = ["ioredis", "pg"].filter((name) => texts.some((text) => text.includes(`// node_modules/${name}/`)));
  expect(clients).toEqual(wanted);
});
