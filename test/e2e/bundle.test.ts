import { execFile } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { getMcpConfigForManifest } from "@anthropic-ai/mcpb/node";
import { McpbManifestSchema } from "@anthropic-ai/mcpb/schemas/0.4";
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from "vitest";
import { entryNames } from "../../src/entries.ts";
import { temporaryFolder } from "../support/config.ts";
import { packageFile } from "../support/package-file.ts";
import { startServer, type RunningServer } from "../support/server.ts";
import { openSite } from "../support/site.ts";

vi.setConfig({ testTimeout: 60_000 });

const root = fileURLToPath(new URL("../..", import.meta.url));
const run = promisify(execFile);
const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { version: string };
/** Where a client has put it: Windows and macOS have such names of users. */
const place = join(mkdtempSync(join(tmpdir(), "axoner-test-")), "Ünser Großer フォルダ", "Claude Extensions");

beforeAll(async () => {
  const name = `axoner-${version}-${process.platform}-${process.arch}.mcpb`;
  const bundle = await packageFile(name, "build-mcpb.mjs");
  await packer("unpack", bundle, place);
}, 180_000);
afterAll(() => rmSync(join(place, "../.."), { recursive: true, force: true }));

/** The official packer's command. */
function packer(...args: string[]) {
  return run(process.execPath, [join(root, "node_modules/@anthropic-ai/mcpb/dist/cli/cli.js"), ...args]);
}

function manifest() {
  return McpbManifestSchema.parse(JSON.parse(readFileSync(join(place, "manifest.json"), "utf8")));
}

/** The six variables that clients pass on. */
function fewVariables(home: string): Record<string, string> {
  return { HOME: home, LOGNAME: userInfo().username, PATH: "/usr/bin:/bin", SHELL: "/bin/sh", TERM: "dumb", USER: "x" };
}

/** Start what was unpacked as the client does: by its own reading of the manifest, in `/`. */
async function startBundle(settings: Record<string, string | string[]>, more: string[] = []): Promise<RunningServer> {
  const config = await getMcpConfigForManifest({
    manifest: manifest(),
    extensionPath: place,
    systemDirs: {},
    userConfig: settings,
    pathSeparator: "/",
  });
  if (config === undefined) throw new Error("the client would not start it");
  const { command, args = [], env = {} } = config;
  const home = temporaryFolder();
  return startServer({ program: [command, ...args], args: more, cwd: "/", env: { ...env, ...fewVariables(home) } });
}

const hello = { protocolVersion: "2025-11-25", capabilities: {}, clientInfo: { name: "claude-ai", version: "0.1.0" } };

describe("the bundle for Claude Desktop", () => {
  test("is what the official packer takes, with its icon, and names this version and platform", async () => {
    const { stdout } = await packer("validate", join(place, "manifest.json"));
    expect(stdout).toMatch(/schema validation passes[^]*Icon validation passed/);
    expect(manifest()).toMatchObject({
      manifest_version: "0.4",
      version,
      compatibility: { platforms: [process.platform] },
      user_config: {
        folders: { type: "directory", multiple: true },
        anthropic_api_key: { type: "string", sensitive: true },
      },
    });
    const secrets = Object.entries(manifest().user_config ?? {}).filter(([, { sensitive }]) => sensitive === true);
    expect(secrets.map(([key]) => key)).toEqual(
      expect.arrayContaining(["openai_api_key", "groq_api_key", "brave_api_key", "tavily_api_key", "search_api_key"]),
    );
  });

  test("has all that starts a process or a thread in it, and the licences of what it holds", () => {
    const dist = join(place, "server/dist");
    expect(entryNames.filter((name) => !existsSync(join(dist, `${name}.js`)))).toEqual([]);
    for (const file of ["server/node-licence.txt", "server/dist/third-party-licences.txt"])
      expect(statSync(join(place, file)).size).toBeGreaterThan(10_000);
    const names = readdirSync(place, { recursive: true, encoding: "utf8" });
    expect(names.filter((name) => /\.map$|\.d\.ts$/.test(name))).toEqual([]);
  });

  test("answers without a folder or a key: files are told how to be read", async () => {
    const server = await startBundle({});
    await server.request("initialize", hello);
    expect(await server.call("calculate", { expression: "2^10" })).toMatchObject({
      structuredContent: { result: "1024" },
    });
    const refused = await server.call("query_data", { sql: "select * from 'sales.csv'" });
    expect(refused).toMatchObject({ isError: true });
    expect(JSON.stringify(refused)).toContain("--root");
  });

  test("lists its tools, reads every folder that was chosen, and draws", async () => {
    const folders = ["first folder", "zweiter Ordner, größer"].map((name) => join(temporaryFolder(), name));
    for (const [index, folder] of folders.entries()) {
      mkdirSync(folder);
      writeFileSync(join(folder, `sales${index}.csv`), "sku,amount\na,1\nb,2\n");
    }
    const server = await startBundle({ folders, anthropic_api_key: "sk-test" });
    await server.request("initialize", hello);
    const listed = await server.request("tools/list");
    const names = (listed["result"] as { tools: { name: string }[] }).tools.map(({ name }) => name);
    expect(names).toEqual(expect.arrayContaining((manifest().tools ?? []).map(({ name }) => name)));
    expect(names).toContain("run_agent");
    for (const [index, folder] of folders.entries()) {
      const sql = `select sum(amount) as total from '${join(folder, `sales${index}.csv`)}'`;
      expect(await server.call("query_data", { sql })).toMatchObject({ structuredContent: { rows: [[3]] } });
    }
    const chart = { source: join(folders[0] ?? "", "sales0.csv"), mark: "bar", x: "sku", y: "amount", format: "png" };
    expect(await server.call("chart", chart)).toMatchObject({ structuredContent: { status: "done" } });
  });

  test("reads pages, in a thread and, where they are large, in a process", async () => {
    const page = (size: number) => `<title>told</title><p>${"word ".repeat(size / 5)}</p>`;
    const site = await openSite({ "/small": page(10), "/large": page(6_000_000) });
    onTestFinished(() => site.close());
    const server = await startBundle({ folders: [temporaryFolder()] }, ["--allow-private", site.host]);
    await server.request("initialize", hello);
    const urls = ["/small", "/large"].map((path) => site.origin + path);
    expect(await server.call("scrape", { urls })).toMatchObject({ structuredContent: { ok: 2, failed: 0 } });
  });
});
