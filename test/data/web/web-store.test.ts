import { mkdtemp, readdir, readFile, realpath, rm, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { openWebStore, type WebStore, type WebStoreOptions } from "../../../src/data/web/web-store.ts";
import { setLogLevel } from "../../../src/log.ts";
import { openDownloader, type WebDownloader } from "../../../src/web/download.ts";
import { endless, openSite, reply, type Route, type Site } from "../../support/site.ts";

const waiter = { signal: new AbortController().signal, onUpdate: () => undefined };
const routes: Record<string, Route | string> = {};

let workspace: string;
let site: Site;
let downloader: WebDownloader;

beforeAll(() => setLogLevel("silent"));
afterAll(() => setLogLevel("warn"));

beforeEach(async () => {
  workspace = await realpath(await mkdtemp(join(tmpdir(), "axoner-web-store-")));
  site = await openSite(routes);
  downloader = openDownloader({ allowPrivate: [site.host], userAgent: "axoner/test" });
});

afterEach(async () => {
  downloader.close();
  await site.close();
  await rm(workspace, { recursive: true, force: true });
});

const open = (limits: Partial<WebStoreOptions> = {}): WebStore => openWebStore({ workspace, downloader, ...limits });
const cacheFiles = async (ending: string) =>
  (await readdir(join(workspace, "cache"))).filter((name) => name.endsWith(ending));

function serve(path: string, body: Uint8Array | string, headers: Record<string, string> = {}): string {
  routes[path] = reply(body, { "content-type": "text/csv", "cache-control": "max-age=600", ...headers });
  return site.origin + path;
}

/** Fetch a file and let it go. */
async function use(store: WebStore, address: string): Promise<string> {
  const held = await store.fetch(address, waiter);
  const content = await readFile(held.path, "utf8");
  await held.release();
  return content;
}

test("the cache is the user's alone and says where each file is from", async () => {
  const address = serve("/a.csv", "a\n1\n", { etag: '"1"' });
  expect(await use(open(), address)).toBe("a\n1\n");
  const [sidecar] = await cacheFiles(".json");
  expect(JSON.parse(await readFile(join(workspace, "cache", sidecar ?? ""), "utf8"))).toMatchObject({
    url: address,
    finalUrl: address,
    etag: '"1"',
    sizeBytes: 4,
  });
});

test("what was not used for longest goes first when there is too much", async () => {
  const store = open({ maxCacheBytes: 2_500 });
  const [a = "", b = "", c = ""] = ["a", "b", "c"].map((name) => serve(`/${name}.csv`, name.repeat(1_000)));
  await use(store, a);
  await use(store, b);
  const sidecars = await cacheFiles(".json");
  const early = new Date(Date.now() - 60_000);
  for (const name of sidecars) await utimes(join(workspace, "cache", name), early, early);
  await use(store, a);
  await use(store, c);
  expect(await cacheFiles(".data")).toHaveLength(2);
  site.requested.length = 0;
  for (const address of [a, c, b]) await use(store, address);
  expect(site.requested).toEqual(["/b.csv"]);
});

test("a file that is read is removed only afterwards", async () => {
  const store = open({ maxCacheBytes: 1_500 });
  const held = await store.fetch(serve("/read.csv", "r".repeat(1_000)), waiter);
  await use(store, serve("/other.csv", "o".repeat(1_000)));
  expect(await readFile(held.path, "utf8")).toHaveLength(1_000);
  await held.release();
  expect(await cacheFiles(".data")).toHaveLength(1);
});

test("a new version leaves the old one to whoever reads it", async () => {
  const store = open();
  const stale = { "cache-control": "no-cache" };
  const old = await store.fetch(serve("/v.csv", "v\n1\n", stale), waiter);
  serve("/v.csv", "v\n2\n", stale);
  expect(await use(store, `${site.origin}/v.csv`)).toBe("v\n2\n");
  expect(await readFile(old.path, "utf8")).toBe("v\n1\n");
  await old.release();
  expect(await cacheFiles(".data")).toHaveLength(1);
});

test.each([
  ["a sidecar that is damaged", ".json", "{"],
  ["a sidecar that names another file", ".json", '{"file":"../../secret"}'],
  ["a file that was cut", ".data", "a"],
])("%s is no reason to fail", async (_what, ending, content) => {
  const address = serve("/damaged.csv", "a\n1\n");
  await use(open(), address);
  for (const name of await cacheFiles(ending)) await writeFile(join(workspace, "cache", name), content);
  expect(await use(open(), address)).toBe("a\n1\n");
  expect(site.requested).toHaveLength(2);
});

test("stores of several processes do not disturb each other", async () => {
  let version = 0;
  routes["/shared.csv"] = (response) => {
    version += 1;
    response.writeHead(200, { "cache-control": "no-cache" }).end(`${version}\n`.repeat(1_000));
  };
  const stores = Array.from({ length: 6 }, () => open({ maxCacheBytes: 5_000 }));
  const contents = await Promise.all(stores.map((store) => use(store, `${site.origin}/shared.csv`)));
  for (const content of contents) expect(new Set(content.trim().split("\n")).size).toBe(1);
  expect(await use(open(), `${site.origin}/shared.csv`)).toBe("7\n".repeat(1_000));
});

test.each([
  ["says how long it is", reply("a".repeat(2_000_000))],
  ["has no end", endless],
  ["is a bomb", reply(gzipSync(Buffer.alloc(20_000_000, "a")), { "content-encoding": "gzip" })],
])("a file that is too large and %s leaves nothing", async (_what, route) => {
  routes["/large.csv"] = route;
  const fetching = open({ maxFileBytes: 1_000_000 }).fetch(`${site.origin}/large.csv`, waiter);
  await expect(fetching).rejects.toMatchObject({
    code: "too_large",
    message: expect.stringMatching(/larger than 1000000 bytes; download it into a root/) as string,
  });
  expect(await readdir(join(workspace, "tmp"))).toEqual([]);
});

test("a server that wants to be left alone for long is not waited for", async () => {
  routes["/busy.csv"] = reply("", { "retry-after": "600" }, 503);
  await expect(open().fetch(`${site.origin}/busy.csv`, waiter)).rejects.toMatchObject({ code: "http_error" });
  expect(site.requested).toHaveLength(1);
});

test("what was fetched by a process that was allowed more is not given to one that is not", async () => {
  const address = serve("/inside.csv", "a\n1\n");
  await use(open(), address);
  const strict = openDownloader({ allowPrivate: [], userAgent: "axoner/test" });
  await expect(open({ downloader: strict }).fetch(address, waiter)).rejects.toMatchObject({ code: "blocked_address" });
});

test("a file that lay in the cache before anybody fetched it is not given", async () => {
  const address = serve("/true.csv", "a\ntrue\n");
  await use(open(), address);
  const [sidecar = ""] = await cacheFiles(".json");
  const [content = ""] = await cacheFiles(".data");
  // as a project brings it along: the same names and contents, in files of its own
  const cache = join(workspace, "cache");
  for (const name of [sidecar, content]) {
    const bytes = await readFile(join(cache, name), "utf8");
    await rm(join(cache, name));
    await writeFile(join(cache, name), bytes.replace("a\ntrue", "a\nlies"));
  }
  expect(await use(open(), address)).toBe("a\ntrue\n");
});
