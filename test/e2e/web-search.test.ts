import { execFile } from "node:child_process";
import { chmodSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { JsonObject } from "../../src/message.ts";
import { temporaryFolder } from "../support/config.ts";
import { json, recorded } from "../support/search-service.ts";
import { builtCli, startServer } from "../support/server.ts";
import { openSite, type Site } from "../support/site.ts";

let site: Site;
/** A SearXNG behind a password on a private address. */
let address: string;
const password = "pass-word-4711";

beforeAll(async () => {
  site = await openSite({
    "/search": (response, request) => {
      const isKnown = request.headers["authorization"] === `Basic ${btoa(`me:${password}`)}`;
      const isFirst = request.url?.endsWith("pageno=1") === true;
      const results = isFirst ? [{ url: `${site.origin}/page`, title: "Page", content: `said ${password}` }] : [];
      json(isKnown ? { ...recorded("searxng"), results } : {}, isKnown ? 200 : 401)(response, request);
    },
    "/page": "<title>P</title><h1>Found</h1>",
  });
  address = site.origin.replace("//", `//me:${password}@`);
});
afterAll(() => site.close());

interface Outcome {
  code: number;
  stdout: string;
  stderr: string;
}

function search(folder: string, input: JsonObject, ...options: string[]): Promise<Outcome> {
  return new Promise((resolve) => {
    const env = { PATH: process.env["PATH"] ?? "", HOME: join(folder, "no-home") };
    const args = [builtCli, "tool", "web_search", JSON.stringify(input), ...options];
    execFile(process.execPath, args, { cwd: folder, env }, (error, stdout, stderr) =>
      resolve({ code: typeof error?.code === "number" ? error.code : 0, stdout, stderr }),
    );
  });
}

const hit = { title: "Page", url: expect.stringMatching(/\/page$/), snippet: "said ***" };

test("the server searches with what its environment has, and fetches only what is allowed", async () => {
  const server = startServer({ cwd: temporaryFolder(), args: ["--log-level", "debug"], env: { SEARXNG_URL: address } });
  const result = await server.call("web_search", { query: "q", fetch: true });
  expect(result["structuredContent"]).toMatchObject({
    status: "done",
    backend: "searxng",
    results: [{ ...hit, error: expect.stringMatching(/^blocked_address/) }],
    dataset: expect.stringMatching(/^ds_/),
  });
  expect(JSON.stringify(server.received) + server.stderr()).not.toContain(password);
});

test("the command searches with what the user's own file has, and brings the pages", async () => {
  const folder = temporaryFolder();
  const file = join(folder, "mine.json");
  writeFileSync(file, JSON.stringify({ keys: { SEARXNG_URL: address } }));
  chmodSync(file, 0o600);
  const input = { query: "q", count: 1, fetch: true };
  const { code, stdout, stderr } = await search(folder, input, "--config", file, "--allow-private", site.host);
  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({ results: [{ ...hit, content: expect.stringContaining("# Found") }] });
  expect(stdout + stderr).not.toContain(password);
});

test("a project's own file gives no key and no address", async () => {
  const folder = temporaryFolder();
  writeFileSync(join(folder, "axoner.json"), JSON.stringify({ keys: { SEARXNG_URL: address } }));
  const { code, stdout, stderr } = await search(folder, { query: "q" });
  expect(code).toBe(1);
  expect(JSON.parse(stdout)).toMatchObject({ code: "unavailable", message: expect.stringMatching(/SEARXNG_URL/) });
  expect(stderr).toMatch(/"keys" is ignored/);
  expect(stdout + stderr).not.toContain(password);
});
