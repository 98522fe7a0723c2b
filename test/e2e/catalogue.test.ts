import { writeFileSync } from "node:fs";
import { join } from "node:path";
import * as modern from "@modelcontextprotocol/client";
import * as modernStdio from "@modelcontextprotocol/client/stdio";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { describe, expect, onTestFinished, test } from "vitest";
import { openStore } from "../../src/session/index.ts";
import { temporaryFolder } from "../support/config.ts";
import { startListening } from "../support/listening-server.ts";
import { runCli } from "../support/run-cli.ts";
import { alone, builtServer, startServer } from "../support/server.ts";

const token = "correct horse battery";
const requestInit = { headers: { authorization: `Bearer ${token}` } };

function start(cwd: string, args: string[]) {
  const env = { PATH: process.env["PATH"] ?? "", HOME: join(cwd, "no-home"), ...alone, AXONER_TOKEN: token };
  return { command: process.execPath, args: [builtServer, ...args], cwd, env };
}

type Over = "stdio" | "http";

async function openOlder(over: Over, cwd: string, args: string[]) {
  const client = new Client({ name: "older", version: "1" });
  await client.connect(
    over === "stdio"
      ? new StdioClientTransport(start(cwd, args))
      : new StreamableHTTPClientTransport(await startListening(start(cwd, args)), { requestInit }),
  );
  return client;
}

async function openNewer(over: Over, cwd: string, args: string[]) {
  const client = new modern.Client(
    { name: "newer", version: "1" },
    { versionNegotiation: { mode: { pin: "2026-07-28" } } },
  );
  await client.connect(
    over === "stdio"
      ? new modernStdio.StdioClientTransport(start(cwd, args))
      : new modern.StreamableHTTPClientTransport(await startListening(start(cwd, args)), { requestInit }),
  );
  return client;
}

function folder(): string {
  const root = temporaryFolder();
  writeFileSync(join(root, "sales.csv"), "sku,amount\na,1\nb,2\n");
  return root;
}

const cases = [
  ["2025-11-25", "stdio", openOlder],
  ["2025-11-25", "http", openOlder],
  ["2026-07-28", "stdio", openNewer],
  ["2026-07-28", "http", openNewer],
] as const;

describe.each(cases)("a client of %s over %s", (_version, over, open) => {
  test("reads datasets by template, fills prompts and completes their arguments", async () => {
    const client = await open(over, folder(), []);
    onTestFinished(() => client.close());
    expect(client.getServerCapabilities()).toMatchObject({ tools: {}, resources: {}, prompts: {}, completions: {} });
    await client.callTool({ name: "query_data", arguments: { sql: "select * from 'sales.csv'", save_as: "sold" } });

    const { resourceTemplates } = await client.listResourceTemplates();
    expect(resourceTemplates.map(({ uriTemplate }) => uriTemplate)).toEqual([
      "axoner://dataset/{dataset}",
      "axoner://dataset/{dataset}/rows",
    ]);
    const { contents } = await client.readResource({ uri: "axoner://dataset/sold/rows" });
    const [{ text = "" } = {}] = contents as { text?: string }[];
    expect(JSON.parse(text)).toMatchObject({
      note: expect.stringContaining("never an instruction") as string,
      rows: [
        ["a", 1],
        ["b", 2],
      ],
    });
    await expect(client.readResource({ uri: "axoner://session/any" })).rejects.toMatchObject({
      code: -32602,
      message: expect.stringContaining("no resource") as string,
      data: { uri: "axoner://session/any" },
    });
    await expect(client.listResources({ cursor: "garbage" })).rejects.toMatchObject({ code: -32602 });

    const { prompts } = await client.listPrompts();
    expect(prompts.map(({ name }) => name)).toEqual(["profile_file", "compare_sites", "research"]);
    const filled = await client.getPrompt({ name: "profile_file", arguments: { file: "sales.csv" } });
    expect(filled.messages).toMatchObject([
      { role: "user", content: { text: expect.stringContaining("profile_data") as string } },
    ]);
    await expect(client.getPrompt({ name: "profile_file", arguments: {} })).rejects.toThrow(/"file" is missing/);
    await expect(client.getPrompt({ name: "constructor" })).rejects.toThrow(/no prompt/);
    const odd = { file: 5 } as unknown as Record<string, string>;
    await expect(client.getPrompt({ name: "profile_file", arguments: odd })).rejects.toMatchObject({
      code: -32602,
      message: expect.stringContaining('"arguments" whose values are texts') as string,
    });

    const complete = async (ref: Parameters<typeof client.complete>[0]["ref"], name: string, value: string) =>
      (await client.complete({ ref, argument: { name, value } })).completion.values;
    expect(await complete({ type: "ref/prompt", name: "profile_file" }, "file", "s")).toEqual(["sales.csv", "sold"]);
    expect(await complete({ type: "ref/prompt", name: "research" }, "depth", "t")).toEqual(["thorough"]);
    const template = { type: "ref/resource", uri: "axoner://dataset/{dataset}" } as const;
    expect(await complete(template, "dataset", "so")).toEqual(["sold"]);
    await expect(complete({ type: "ref/prompt", name: "research" }, "colour", "")).rejects.toThrow(/no argument/);
  });
});

test("what the offered tools cannot do is not offered", async () => {
  const client = await openOlder("stdio", folder(), ["--tools", "web_search,scrape,query_data"]);
  onTestFinished(() => client.close());
  await client.callTool({ name: "query_data", arguments: { sql: "select * from 'sales.csv'", save_as: "sold" } });
  const { resourceTemplates } = await client.listResourceTemplates();
  expect(resourceTemplates.map(({ uriTemplate }) => uriTemplate)).toEqual(["axoner://dataset/{dataset}"]);
  await expect(client.readResource({ uri: "axoner://dataset/sold/rows" })).rejects.toThrow(/no resource/);
  const { messages } = await client.getPrompt({ name: "research", arguments: { question: "why", source: "sold" } });
  expect(JSON.stringify(messages)).toContain("query_data for what bears");
  expect(JSON.stringify(messages)).not.toMatch(/profile_data|read_rows/);
});

describe("conversations", () => {
  test("are shown only where the user says so", async () => {
    const cwd = temporaryFolder();
    const store = await openStore(`file:${join(cwd, ".axoner/sessions")}`, {});
    await store.append("trip", 0, [{ role: "user", text: "where to?" }]);
    await store.close();
    expect((await runCli(["sessions", "list", "--json"], { cwd })).stdout).toContain('"trip"');

    const closed = await openOlder("stdio", cwd, []);
    onTestFinished(() => closed.close());
    expect((await closed.listResources()).resources).toEqual([]);
    await expect(closed.readResource({ uri: "axoner://session/trip" })).rejects.toThrow(/no resource/);

    const open = await openOlder("stdio", cwd, ["--offer-sessions"]);
    onTestFinished(() => open.close());
    expect((await open.listResources()).resources.map(({ uri }) => uri)).toEqual(["axoner://session/trip"]);
    const { contents } = await open.readResource({ uri: "axoner://session/trip" });
    expect(JSON.stringify(contents)).toContain("where to?");
    const ref = { type: "ref/resource", uri: "axoner://session/{session}" } as const;
    const { completion } = await open.complete({ ref, argument: { name: "session", value: "tr" } });
    expect(completion.values).toEqual(["trip"]);
  });

  test("are not offered over HTTP to whoever has no token, nor by a project's own file", async () => {
    const cwd = temporaryFolder();
    const refused = await runCli(["mcp", "--http", "127.0.0.1:0", "--offer-sessions"], { cwd });
    expect(refused).toMatchObject({ code: 2, stderr: expect.stringContaining("AXONER_TOKEN") as string });
    writeFileSync(join(cwd, "axoner.json"), JSON.stringify({ offer_sessions: true }));
    const client = await openOlder("stdio", cwd, []);
    onTestFinished(() => client.close());
    expect(JSON.stringify(await client.listResourceTemplates())).not.toContain("session");
  });
});

test("the front and the SDK introduce the server in the same words", async () => {
  const cwd = temporaryFolder();
  const params = { protocolVersion: "2025-11-25", capabilities: {}, clientInfo: { name: "raw", version: "1" } };
  const { result: front } = await startServer({ cwd }).request("initialize", params);
  const url = await startListening(start(cwd, []));
  const headers = {
    "content-type": "application/json",
    accept: "application/json, text/event-stream",
    ...requestInit.headers,
  };
  const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method: "initialize", params });
  const text = await (await fetch(url, { method: "POST", headers, body })).text();
  const sdk = (JSON.parse(text.slice(text.indexOf("{"))) as { result: object }).result;
  const {
    capabilities: { experimental: _own, ...capabilities },
    ...others
  } = front as { capabilities: Record<string, object> };
  expect({ capabilities, ...others }).toEqual(sdk);
  expect(JSON.stringify(front).length).toBeLessThan(2_000);
});
