import { copyFile, mkdtemp, readdir, rename, rm, stat, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { heldInMemory } from "../../src/web/body-file.ts";
import { openPageCache, type KeptPage } from "../../src/web/page-cache.ts";
import { openScraper, type Scraper } from "../../src/web/scrape.ts";
import { scrapeAll, type DecodedPage } from "../support/scraping.ts";
import { openSite, reply, type Route, type Site } from "../support/site.ts";

let site: Site;
let scraper: Scraper;
let folder: string;
const routes: Record<string, Route | string> = {};
const statuses: number[] = [];

/** A page that is sent once; its reader then asks with a condition. */
function validated(body: string | Uint8Array, headers: Record<string, string>): Route {
  return (response, request) => {
    const asked = request.headers["if-none-match"] ?? request.headers["if-modified-since"];
    const isSame = asked !== undefined && (asked === headers["etag"] || asked === headers["last-modified"]);
    statuses.push(isSame ? 304 : 200);
    if (isSame) response.writeHead(304).end();
    else reply(body, headers)(response, request);
  };
}

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "axoner-pages-"));
  site = await openSite(routes);
  scraper = openScraper({
    allowPrivate: [site.host],
    userAgent: "axoner/1",
    cacheFolder: () => Promise.resolve(folder),
  });
  statuses.length = 0;
});
afterEach(async () => {
  await scraper.close();
  await site.close();
  await rm(folder, { recursive: true });
});

async function twice(path: string): Promise<DecodedPage[]> {
  const urls = [site.origin + path];
  return [...(await scrapeAll(scraper, { urls })), ...(await scrapeAll(scraper, { urls }))];
}

describe("a page that was fetched before", () => {
  const modified = "Mon, 02 Nov 2026 10:00:00 GMT";
  test.each<[what: string, body: string | Uint8Array, headers: Record<string, string>]>([
    ["by its ETag", "<p>hello", { etag: '"1"' }],
    ["by its date", "<p>hello", { "last-modified": modified }],
    ["compressed as it was", gzipSync("<p>hello"), { etag: 'W/"1"', "content-encoding": "gzip" }],
  ])("is not sent again where it still stands: %s", async (_what, body, headers) => {
    routes["/page"] = validated(body, headers);
    const found = await twice("/page");
    expect(statuses).toEqual([200, 304]);
    expect(found.map(({ status, content, error }) => [status, content, error])).toEqual([
      [200, "hello", undefined],
      [200, "hello", undefined],
    ]);
    expect(found[1]).toMatchObject({ sha256: found[0]?.sha256, sizeBytes: found[0]?.sizeBytes });
  });

  test("is read anew where it has changed", async () => {
    let count = 0;
    routes["/page"] = (response, request) => {
      count += 1;
      validated(`<p>version ${count}`, { etag: `"${count}"` })(response, request);
    };
    expect((await twice("/page")).map(({ content }) => content)).toEqual(["version 1", "version 2"]);
  });

  test.each<[what: string, headers: Record<string, string>]>([
    ["without a validator", {}],
    ["not to be stored", { etag: '"1"', "cache-control": "private, no-store" }],
    ["of somebody who is logged in", { etag: '"1"', "set-cookie": "id=1" }],
    ["that varies with its cookies", { etag: '"1"', vary: "Accept-Encoding, Cookie" }],
  ])("is not kept: one %s", async (_what, headers) => {
    routes["/page"] = validated("<p>hello", headers);
    await twice("/page");
    expect(statuses).toEqual([200, 200]);
  });
});

describe("the folder", () => {
  const url = new URL("https://a.example/x?y#part");
  const page = (text: string): KeptPage => ({
    etag: '"1"',
    lastModified: "",
    body: { contentType: "text/html", contentEncoding: "", held: heldInMemory(new TextEncoder().encode(text)) },
  });
  const shown = (found: KeptPage | undefined) =>
    found && { ...found, body: { ...found.body, held: new TextDecoder().decode(found.body.held.take()) } };
  const open = (maxBytes?: number) => openPageCache(() => Promise.resolve(folder), maxBytes);
  const names = () => readdir(join(folder, "pages"));

  test("gives a page to other processes, whatever the fragment", async () => {
    await open().keep(url, page("text"));
    expect(shown(await open().find(new URL("https://a.example/x?y")))).toEqual(shown(page("text")));
    expect(await open().find(new URL("https://a.example/x"))).toBeUndefined();
  });

  test("loses what a process that was killed left", async () => {
    await open().keep(url, page("text"));
    const [name = ""] = await names();
    const draft = join(folder, "pages", `${name}.0123456789ab`);
    await writeFile(draft, "{");
    await utimes(draft, 0, 0);
    await open().find(url);
    expect(await names()).toEqual([name]);
  });

  test("is bounded", async () => {
    const cache = open(100_000);
    for (let n = 0; n < 30; n++) await cache.keep(new URL(`https://a.example/${n}`), page("x".repeat(10_000)));
    const sizes = await Promise.all(
      (await names()).map(async (name) => (await stat(join(folder, "pages", name))).size),
    );
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThanOrEqual(100_000);
    expect(shown(await cache.find(new URL("https://a.example/29")))).toEqual(shown(page("x".repeat(10_000))));
  });

  test("that a project brings along gives nothing", async () => {
    await open().keep(url, page("forged"));
    const [name = ""] = await names();
    const path = join(folder, "pages", name);
    await copyFile(path, `${path}.copy`);
    await rename(`${path}.copy`, path);
    expect(await open().find(url)).toBeUndefined();
  });

  test("gives nothing that is damaged, and mends it", async () => {
    const cache = open();
    await cache.keep(url, page("text"));
    const [name = ""] = await names();
    await writeFile(join(folder, "pages", name), "{}");
    expect(await cache.find(url)).toBeUndefined();
    await cache.keep(url, page("new"));
    expect(shown(await cache.find(url))).toEqual(shown(page("new")));
  });

  test("that cannot be made costs no page", async () => {
    const cache = openPageCache(() => Promise.reject(new Error("read-only")));
    await cache.keep(url, page("text"));
    expect(await cache.find(url)).toBeUndefined();
  });
});
