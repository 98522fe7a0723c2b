import { readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { temporaryFolder } from "../support/config.ts";
import { openModelServer, type Answer } from "../support/model-server.ts";
import { runCli } from "../support/run-cli.ts";
import { openSite, reply } from "../support/site.ts";

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
  const database = new DatabaseSync(join(folder, "shop.db"));
  database.exec("create table sales (city text, amount integer); insert into sales values ('Lyon', 10), ('Oslo', 32)");
  database.close();
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
      ...["--provider", "openai", "--model", "mock-1", "--base-url", `${model.origin}/v1`],
      ...["--mcp-config", "servers.json", ...allowed],
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
  test("is replayed byte for byte with no server and no key, and the recording holds no secret", async () => {
    const world = await openWorld();
    const { folder: cwd, args } = world;
    const env = { OPENAI_API_KEY: key, AXONER_RECORD: "run.jsonl" };
    const recorded = await runCli([...prompt, ...args], { cwd, env }).finally(world.close);
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
  });
});
