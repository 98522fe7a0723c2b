import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { brotliCompressSync, gzipSync } from "node:zlib";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { exportData } from "../../src/tools/export-data.ts";
import { profileData } from "../../src/tools/profile-data.ts";
import { queryData } from "../../src/tools/query-data.ts";
import { readRows } from "../../src/tools/read-rows.ts";
import { reply, type Route } from "../support/site.ts";
import { openWebFolder, type WebFolder } from "../support/web-folder.ts";

const csv = "id,city\n007,Bern\n2,Zürich\n";
const rows = [
  ["007", "Bern"],
  ["2", "Zürich"],
];

let web: WebFolder;

beforeAll(async () => {
  web = await openWebFolder();
});

beforeEach(() => {
  web.site.requested.length = 0;
});

afterAll(async () => {
  await web.close();
});

describe("a data file of the web", () => {
  test("is a source of every tool", async () => {
    const address = web.served("/tools.csv", csv, { "cache-control": "max-age=60" });
    expect(await web.all(address)).toMatchObject({ rows });
    expect(await web.value(readRows, { source: address })).toMatchObject({ columns: ["id", "city"], rows });
    expect(await web.value(profileData, { source: address })).toMatchObject({ row_count: 2, encoding: "utf-8" });
    expect(await web.value(exportData, { source: address, path: "web.jsonl" })).toMatchObject({ row_count: 2 });
    expect(web.site.requested).toEqual(["/tools.csv"]);
  });

  test("joins with a file of a root, and with another one of the web", async () => {
    await web.write("names.csv", "id,name\n007,Bond\n");
    const [one, two] = [web.served("/one.csv", csv), web.served("/two.csv?v=2", "id,n\n007,5\n")];
    web.serve("/two.csv", reply("id,n\n007,5\n"));
    const sql = `select name, city, n from '${one}' join 'names.csv' using (id) join '${two}' using (id)`;
    expect(await web.value(queryData, { sql })).toMatchObject({ rows: [["Bond", "Bern", 5]] });
  });

  test.each([
    ["/plain", csv, { "content-type": "text/csv; charset=utf-8" }],
    ["/tab", csv.replaceAll(",", "\t"), { "content-type": "text/tab-separated-values" }],
    ["/called-text.csv", csv, { "content-type": "text/plain" }],
    ["/called-page.csv", csv, { "content-type": "text/html" }],
    [
      "/api/rows?format=json",
      '[{"id":"007","city":"Bern"},{"id":"2","city":"Zürich"}]',
      { "content-type": "application/json" },
    ],
    ["/api/geo", '[{"id":"007","city":"Bern"},{"id":"2","city":"Zürich"}]', { "content-type": "application/geo+json" }],
    ["/lines", '{"id":"007","city":"Bern"}\n{"id":"2","city":"Zürich"}\n', { "content-type": "application/x-ndjson" }],
    ["/packed.csv.gz", gzipSync(csv), { "content-type": "application/gzip" }],
    ["/encoded.csv", gzipSync(csv), { "content-encoding": "gzip" }],
    ["/brotli.csv", brotliCompressSync(csv), { "content-encoding": "br" }],
    ["/packed-as-encoded.csv.gz", gzipSync(csv), { "content-encoding": "gzip" }],
    ["/packed-twice.csv.gz", gzipSync(gzipSync(csv)), { "content-encoding": "gzip" }],
    ["/semicolons%20and%20spaces.csv", csv.replaceAll(",", ";"), {}],
  ])("is read from %s", async (path, body, headers) => {
    web.served(path.split("?")[0] ?? "", body, headers);
    expect(await web.all(web.site.origin + path)).toMatchObject({ columns: ["id", "city"], rows });
  });

  test("is read as Parquet whatever it is called", async () => {
    await web.write("t.csv", csv);
    const { path } = await web.value(exportData, { source: "t.csv", path: "t.parquet" });
    expect(await web.all(web.served("/table", await readFile(String(path))))).toMatchObject({ rows });
  });

  test("is told of in the sidecar of what is made of it", async () => {
    const address = web.served("/origin.csv", csv, { etag: '"o1"' });
    web.serve("/moved.csv", reply("", { location: `${address}?signature=secret` }, 302));
    const sql = `from '${web.site.origin}/moved.csv'`;
    const { dataset } = await web.value(queryData, { sql, save_as: "made" });
    const { origin } = (await web.datasets.find(String(dataset))) ?? {};
    expect(origin).toMatchObject({
      sources: [
        {
          name: `${web.site.origin}/moved.csv`,
          files: [
            {
              url: `${web.site.origin}/moved.csv`,
              final_url: address,
              etag: '"o1"',
              size_bytes: Buffer.byteLength(csv),
            },
          ],
        },
      ],
    });
    expect(JSON.stringify(origin)).toMatch(/"sha256":"[0-9a-f]{64}","fetched_at":"20/);
    expect(JSON.stringify(origin)).not.toContain("secret");
  });

  test("is no source by its path in the cache", async () => {
    await web.all(web.served("/private.csv", csv));
    const [name] = (await web.workspaceFiles("cache")).filter((file) => file.endsWith(".data"));
    expect(await web.failing(join(web.workspace, "cache", name ?? ""))).toMatchObject({ code: "not_allowed" });
  });

  test("tells how far it is", async () => {
    const address = web.serve("/progress.csv", (response) => {
      response.writeHead(200, { "content-length": String(Buffer.byteLength(csv)) });
      response.end(csv);
    });
    const updates: unknown[] = [];
    await web.call(queryData, { sql: `from '${address}'` }, undefined, (update) => void updates.push(update));
    expect(updates).toEqual([{ done: 27, total: 27, message: `bytes from ${web.site.host}` }]);
  });
});

describe("a call that is cancelled", () => {
  const stream: Route = (response) => {
    response.writeHead(200, { "content-type": "text/csv", "content-length": "1000000000" });
    const chunk = Buffer.alloc(1_000_000, "1,2\n");
    const more = () => void response.write(chunk, () => setImmediate(more));
    more();
  };

  test("ends at once and leaves nothing", async () => {
    const address = web.serve("/gigabyte.csv", stream);
    const abort = new AbortController();
    const running = web.call(queryData, { sql: `select count(*) from '${address}'` }, abort.signal);
    await expect.poll(() => web.workspaceFiles("tmp")).toContainEqual(expect.stringMatching(/\.download$/));
    const cancelledAt = performance.now();
    abort.abort(new Error("enough"));
    await expect(running).rejects.toThrow("enough");
    expect(performance.now() - cancelledAt).toBeLessThan(1_000);
    expect((await web.workspaceFiles("tmp")).filter((name) => name.endsWith(".download"))).toEqual([]);
    await expect.poll(() => web.site.openSockets()).toBe(0);
  });

  test("takes nothing from another one that wants the same file", async () => {
    const address = web.serve("/shared.csv", (response) => {
      response.writeHead(200);
      response.write("id,city\n");
      setTimeout(() => response.end("007,Bern\n2,Zürich\n"), 500);
    });
    const abort = new AbortController();
    const cancelled = web.call(readRows, { source: address }, abort.signal);
    const patient = web.value(readRows, { source: address });
    await expect.poll(() => web.site.requested).toHaveLength(1);
    abort.abort(new Error("enough"));
    await expect(cancelled).rejects.toThrow("enough");
    expect(await patient).toMatchObject({ rows });
    expect(web.site.requested).toHaveLength(1);
  });
});
