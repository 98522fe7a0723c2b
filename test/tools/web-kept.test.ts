import { setTimeout as delay } from "node:timers/promises";
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { profileData } from "../../src/tools/profile-data.ts";
import { readRows } from "../../src/tools/read-rows.ts";
import { reply } from "../support/site.ts";
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

describe("a file that was fetched before", () => {
  test("is asked for with its ETag, and not sent again", async () => {
    const asked: (string | undefined)[] = [];
    const address = web.serve("/etag.csv", (response, { headers }) => {
      asked.push(headers["if-none-match"]);
      if (headers["if-none-match"] === '"v1"') response.writeHead(304, { etag: '"v1"' }).end();
      else response.writeHead(200, { etag: '"v1"' }).end(csv);
    });
    for (let time = 0; time < 3; time++) expect(await web.all(address)).toMatchObject({ rows });
    expect(asked).toEqual([undefined, '"v1"', '"v1"']);
  });

  test("is asked for with its date where it has no ETag and the date is not of this moment", async () => {
    const asked: (string | undefined)[] = [];
    const dated = (path: string, modified: Date) =>
      web.serve(path, (response, { headers }) => {
        asked.push(headers["if-modified-since"]);
        const same = headers["if-modified-since"] === modified.toUTCString();
        response.writeHead(same ? 304 : 200, { "last-modified": modified.toUTCString() }).end(same ? "" : csv);
      });
    const old = new Date("2026-01-02T03:04:05Z");
    for (const address of [dated("/old.csv", old), dated("/new.csv", new Date())]) {
      for (let time = 0; time < 2; time++) expect(await web.all(address)).toMatchObject({ rows });
    }
    expect(asked).toEqual([undefined, old.toUTCString(), undefined, undefined]);
  });

  test("is seen to have changed", async () => {
    let version = 1;
    const address = web.serve("/changing.csv", (response, { headers }) => {
      const etag = `"v${version}"`;
      if (headers["if-none-match"] === etag) response.writeHead(304, { etag }).end();
      else response.writeHead(200, { etag }).end(`version\n${version}\n`);
    });
    expect(await web.all(address)).toMatchObject({ rows: [[1]] });
    version = 2;
    expect(await web.all(address)).toMatchObject({ rows: [[2]] });
    expect(await web.all(address)).toMatchObject({ rows: [[2]] });
    expect(web.site.requested).toHaveLength(3);
  });

  test("stands as long as the server says, and no longer", async () => {
    const fresh = web.served("/fresh.csv", csv, { "cache-control": "public, max-age=600" });
    const aged = web.served("/aged.csv", csv, { "cache-control": "max-age=600", age: "600" });
    const revalidated = web.served("/revalidated.csv", csv, { "cache-control": "no-cache, max-age=600" });
    for (const address of [fresh, fresh, aged, aged, revalidated, revalidated]) await web.all(address);
    expect(web.site.requested).toEqual([
      "/fresh.csv",
      "/aged.csv",
      "/aged.csv",
      "/revalidated.csv",
      "/revalidated.csv",
    ]);
  });

  test("is not kept where the server says so", async () => {
    const before = await web.workspaceFiles("cache");
    expect(await web.all(web.served("/secret.csv", csv, { "cache-control": "no-store" }))).toMatchObject({ rows });
    expect(await web.workspaceFiles("cache")).toEqual(before);
    expect((await web.workspaceFiles("tmp")).filter((name) => name.endsWith(".download"))).toEqual([]);
  });

  test("has a Parquet copy only where it is kept itself", async () => {
    const copying = await openWebFolder({ keepAfterMs: 0 });
    onTestFinished(() => copying.close());
    const copies = async () => (await copying.workspaceFiles("cache")).filter((name) => name.startsWith("table-"));
    const passing = copying.served("/secret.csv", csv, { "cache-control": "no-store" });
    const lasting = copying.served("/open.csv", csv, { "cache-control": "max-age=600" });
    for (let time = 0; time < 3; time++) expect(await copying.all(passing)).toMatchObject({ rows });
    const isCopied = async () => (await copies()).some((name) => name.endsWith(".parquet"));
    // a file that was put there in this moment is not copied yet
    while (!(await isCopied())) await copying.all(lasting).then(() => delay(200));
    await copying.sql.close();
    expect((await copies()).filter((name) => name.endsWith(".parquet"))).toHaveLength(1);
  });

  test("is one version for the whole of a call", async () => {
    let version = 0;
    const address = web.serve(
      "/unstable.csv",
      (response) => void response.writeHead(200).end(`version\n${(version += 1)}\n`),
    );
    expect(await web.value(profileData, { source: address })).toMatchObject({ columns: [{ min: 1, max: 1 }] });
    expect(web.site.requested).toHaveLength(1);
  });

  test("is asked for without condition where its address redirects to another file now", async () => {
    let target = "/2025.csv";
    const asked: unknown[] = [];
    for (const year of ["2025", "2026"]) {
      web.serve(`/${year}.csv`, (response, { headers }) => {
        asked.push([year, headers["if-none-match"]]);
        if (headers["if-none-match"] === '"1"') response.writeHead(304, { etag: '"1"' }).end();
        else response.writeHead(200, { etag: '"1"', "cache-control": "max-age=600" }).end(`year\n${year}\n`);
      });
    }
    const latest = web.serve("/latest.csv", (response) => void response.writeHead(302, { location: target }).end());
    expect(await web.all(latest)).toMatchObject({ rows: [[2025]] });
    expect(await web.all(latest)).toMatchObject({ rows: [[2025]] });
    target = "/2026.csv";
    expect(await web.all(latest)).toMatchObject({ rows: [[2026]] });
    expect(asked).toEqual([
      ["2025", undefined],
      ["2025", '"1"'],
      ["2026", undefined],
    ]);
  });

  test("is not used where the server cannot be asked", async () => {
    const address = web.served("/offline.csv", csv, { etag: '"1"' });
    await web.all(address);
    web.serve("/offline.csv", reply("busy", {}, 500));
    expect(await web.failing(address)).toMatchObject({
      code: "http_error",
      message: expect.stringMatching(
        /offline\.csv' cannot be fetched: the server answered 500.*the copy fetched 20.* is not used/,
      ) as string,
    });
  });

  test("is fetched once for all who want it at the same time", async () => {
    const address = web.serve("/slow.csv", (response) => {
      response.writeHead(200);
      setTimeout(() => response.end(csv), 300);
    });
    const read = () => web.value(readRows, { source: address });
    const answers = await Promise.all([read(), read(), read()]);
    for (const answer of answers) expect(answer).toMatchObject({ rows });
    expect(web.site.requested).toHaveLength(1);
  });
});
