import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { z } from "zod";
import { temporaryFolder } from "../support/config.ts";
import { openModelServer, stream, type Answer } from "../support/model-server.ts";
import { runCli } from "../support/run-cli.ts";
import { readerPassword, startPostgres } from "../support/postgres.ts";
import { builtCli, startServer } from "../support/server.ts";
import { openSite, reply } from "../support/site.ts";
import { makeSqlite } from "../support/sqlite-file.ts";

const odd = fileURLToPath(new URL("../support/odd-mcp-server.ts", import.meta.url));
const key = "sk-live-0123456789abcdef";

/** A model, a site, a database and another MCP server, and an agent that asks all of them. */
async function openWorld() {
  const folder = temporaryFolder();
  const pages = Object.fromEntries(
    Array.from({ length: 12 }, (_, index) => {
      const links = [index * 2 + 1, index * 2 + 2].map((next) => `<a href="/docs/${next}">page ${next}</a>`).join(" ");
      return [
        `/docs/${index}`,
        slowly(`<title>Page ${index}</title><main><p>Text of page ${index}</p>${links}</main>`),
      ];
    }),
  );
  const site = await openSite({
    "/": `<title>Prices</title><main><p>A pump is 12 euros. The key is ${key}.</p></main>`,
    "/moved": reply("", { location: "/", "set-cookie": "sid=c00kie-of-somebody" }, 302),
    "/data.csv": reply("sku,price\n0042,19.99\n0007,250\n", { "content-type": "text/csv" }),
    "/busy": reply("later", {}, 404),
    ...pages,
  });
  const sales = "create table sales (city text, amount integer); insert into sales values ('Lyon', 10), ('Oslo', 32)";
  makeSqlite(join(folder, "shop.db"), sales);
  writeFileSync(
    join(folder, "servers.json"),
    JSON.stringify({ mcpServers: { odd: { command: process.execPath, args: [odd] } } }),
  );
  const answers: Answer[] = [
    {
      text: "Let me look.",
      tool_calls: [
        { name: "scrape", input: { urls: ["/", "/moved", "/busy", "/none"].map((path) => site.origin + path) } },
        { name: "query_database", input: { database: "sqlite:shop.db", sql: "select * from sales order by city" } },
        { name: "add_numbers", input: { a: 2, b: 3 } },
        { name: "calculate", input: { expression: "2^200" } },
      ],
    },
    {
      tool_calls: [
        { name: "crawl", input: { start_urls: [`${site.origin}/docs/0`], max_pages: 10, save_as: "docs" } },
        { name: "query_data", input: { sql: `select * from '${site.origin}/data.csv' order by sku` } },
        { name: "run_agent", input: { prompt: "How many?", tools: ["calculate"] } },
      ],
    },
    "Three.",
    "A pump is 12 euros.",
  ];
  const model = await openModelServer(answers);
  return {
    folder,
    site,
    model,
    args: [
      "--provider=openai",
      "--model=mock-1",
      `--base-url=${model.origin}/v1`,
      "--mcp-config=servers.json",
      ...allowed,
    ],
    async close() {
      await Promise.all([site.close(), model.close()]);
    },
  };
}

/** Pages come in another order than they are asked for. */
function slowly(html: string) {
  return (response: Parameters<ReturnType<typeof reply>>[0]) =>
    void setTimeout(() => response.writeHead(200, { "content-type": "text/html" }).end(html), Math.random() * 60);
}

const allowed = ["--allow-private", "127.0.0.1"];
const prompt = ["run", "What does a pump cost?", "--events"];

describe("a run that was recorded", () => {
  test(
    "is replayed byte for byte with no server and no key, and the recording holds no secret",
    // the order in which a crawl's pages are read is kept but for a rare race on a busy machine; docs/replay.md says so
    { timeout: 90_000, retry: 2 },
    async () => {
      const world = await openWorld();
      const { folder: cwd, args } = world;
      const env = { OPENAI_API_KEY: key, AXONER_RECORD: "run.jsonl" };
      const recorded = await runCli([...prompt, ...args], { cwd, env });
      await world.close();
      expect(recorded).toMatchObject({ code: 0 });
      expect(recorded.stdout).toContain("A pump is 12 euros.");
      expect(recorded.stdout).toContain("tool_progress");

      const file = join(cwd, "run.jsonl");
      const text = readFileSync(file, "utf8");
      expect(text).not.toContain(key);
      expect(text).not.toMatch(/authorization|c00kie|set-cookie/i);
      expect(text).not.toContain(cwd);
      expect(statSync(file).mode & 0o777).toBe(0o600);

      for (let times = 0; times < 3; times += 1) {
        const replayed = await runCli([...prompt, "--replay", "run.jsonl", ...allowed], { cwd });
        expect(replayed.stdout).toBe(recorded.stdout.replaceAll(key, "axoner-removed"));
        expect(replayed).toMatchObject({ code: 0, stderr: "" });
      }
    },
  );

  test("names what was not recorded and what comes nearest, and asks nobody", async () => {
    const { folder: cwd, model } = await recordedGreeting();
    const asked = model.requests.length;
    const { code, stdout, stderr } = await runCli(["run", "Hello there!", "--events", "--replay", "run.jsonl"], {
      cwd,
    });
    expect(code).toBe(4);
    expect(model.requests).toHaveLength(asked);
    const last = z
      .object({ error: z.object({ message: z.string() }) })
      .parse(JSON.parse(stdout.trim().split("\n").at(-1) ?? ""));
    expect(last.error.message).toMatch(
      /not in the recording .*run\.jsonl; the nearest there is POST .* with another body/,
    );
    expect(last.error.message).toContain("Hello there!");
    expect(stderr.match(/is not in the recording/g)).toHaveLength(1);
  });

  test("is not written over, and what is no recording is not replayed", async () => {
    const { folder: cwd, args } = await recordedGreeting();
    const before = readFileSync(join(cwd, "run.jsonl"), "utf8");
    const again = await runCli(["run", "Hello!", ...args, "--record", "run.jsonl"], {
      cwd,
      env: { OPENAI_API_KEY: key },
    });
    expect(again).toMatchObject({ code: 2, stdout: "" });
    expect(again.stderr).toContain("exists already and is not overwritten");
    expect(readFileSync(join(cwd, "run.jsonl"), "utf8")).toBe(before);
    writeFileSync(join(cwd, "other.jsonl"), "{}\n");
    for (const [file, problem] of [
      ["other.jsonl", "does not begin as a recording of version 1"],
      ["none.jsonl", "cannot be read"],
    ] as const) {
      const { code, stderr } = await runCli(["run", "Hello!", "--replay", file], { cwd });
      expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining(problem) as string });
    }
  });

  test("can be replayed up to where it was killed", async () => {
    const cwd = temporaryFolder();
    const call = { name: "calculate", input: { expression: "6 * 7" } };
    const model = await openModelServer([{ text: "Well.", tool_calls: [call] }, stream(["data: {}\n\n"], "hang")]);
    onTestFinished(model.close);
    const args = ["--provider", "openai", "--model", "m", "--base-url", `${model.origin}/v1`, "--record", "run.jsonl"];
    const env = { PATH: process.env["PATH"] ?? "", HOME: cwd, OPENAI_API_KEY: key };
    const child = spawn(process.execPath, [builtCli, "run", "Six by seven?", "--events", ...args], { cwd, env });
    let recorded = "";
    child.stdout.on("data", (chunk: Buffer) => {
      recorded += String(chunk);
    });
    await vi.waitFor(() => expect(model.requests).toHaveLength(2), { timeout: 30_000 });
    await vi.waitFor(() => expect(recorded).toContain('"turn":2'), { timeout: 30_000 });
    child.kill("SIGKILL");
    await once(child, "exit");
    const { stdout } = await runCli(["run", "Six by seven?", "--events", "--replay", "run.jsonl"], { cwd });
    expect(stdout.startsWith(recorded)).toBe(true);
    expect(stdout).toContain("ends in the middle of the answer");
  });

  test("begins with the session as it was, wherever that is kept, and leaves the user's sessions alone", async () => {
    const cwd = temporaryFolder();
    const model = await openModelServer(["One.", "Two."]);
    const args = ["--provider", "openai", "--model", "m", "--base-url", `${model.origin}/v1`, "--session", "s"];
    const env = { OPENAI_API_KEY: key };
    await runCli(["run", "First?", ...args], { cwd, env });
    const recorded = await runCli(["run", "Second?", "--events", ...args, "--record", "run.jsonl"], { cwd, env });
    await model.close();
    const list = () => runCli(["sessions", "show", "s"], { cwd });
    const before = await list();
    const replayed = await runCli(["run", "Second?", "--events", "--session", "s", "--replay", "run.jsonl"], { cwd });
    expect(replayed).toEqual(recorded);
    expect(recorded.stdout).toContain("Two.");
    expect(await list()).toEqual(before);
  });

  test("of a single tool still keeps the guard", async () => {
    const cwd = temporaryFolder();
    const site = await openSite({ "/": "<title>Home</title><main><p>Text.</p></main>" });
    const url = `${site.origin.replace("127.0.0.1", "localhost")}/`;
    const scrape = ["tool", "scrape", JSON.stringify({ urls: [url] })];
    const recorded = await runCli([...scrape, "--allow-private", "localhost", "--record", "one.jsonl"], { cwd });
    await site.close();
    expect(recorded).toMatchObject({ code: 0, stdout: expect.stringContaining("Text.") as string });
    const replay = ["--replay", "one.jsonl"];
    expect(await runCli([...scrape, ...replay, "--allow-private", "localhost"], { cwd })).toEqual(recorded);
    expect((await runCli([...scrape, ...replay], { cwd })).stdout).toContain("blocked_address");
  });

  test("of the server process covers the process of its engine, and databases without their passwords", async () => {
    const postgres = await startPostgres();
    onTestFinished(() => postgres.stop());
    const cwd = temporaryFolder();
    const site = await openSite({ "/": "<title>Home</title><main><p>Text.</p></main>" });
    await postgres.admin.query(
      "create table sales as select * from (values ('Lyon', 10), ('Oslo', 32)) v (city, amount)",
    );
    await postgres.admin.query("grant select on sales to reader");
    const ask = async (args: string[], env = {}) => {
      const server = startServer({ cwd, env, args: [...args, ...allowed] });
      await server.request("initialize");
      const sql = "select * from sales order by city";
      const answers = [
        await server.call("scrape", { urls: [`${site.origin}/`] }),
        await server.call("query_database", { database: "shop", sql }),
        await server.call("query_database", { database: "shop", sql: "select nothing from sales" }),
        await server.call("calculate", { expression: "1 m + 1 cm" }),
      ];
      server.child.stdin.end();
      await server.exited;
      return answers;
    };
    const recorded = await ask([], { AXONER_DATABASE: `shop=${postgres.url}`, AXONER_RECORD: join(cwd, "mcp.jsonl") });
    await Promise.all([site.close(), postgres.stop()]);
    expect(JSON.stringify(recorded)).toContain("Oslo");
    expect(readFileSync(join(cwd, "mcp.jsonl"), "utf8")).not.toContain(readerPassword);
    expect(await ask(["--replay", "mcp.jsonl"])).toEqual(recorded);
  });
});

/** The recording of a run in which somebody was greeted. */
async function recordedGreeting() {
  const folder = temporaryFolder();
  const model = await openModelServer(["Hello to you."]);
  onTestFinished(model.close);
  const args = ["--provider", "openai", "--model", "m", "--base-url", `${model.origin}/v1`];
  const options = { cwd: folder, env: { OPENAI_API_KEY: key } };
  expect(await runCli(["run", "Hello!", ...args, "--record", "run.jsonl"], options)).toMatchObject({ code: 0 });
  return { folder, model, args };
}
