import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { readRows } from "../../src/tools/read-rows.ts";
import { raw, reply } from "../support/site.ts";
import { openWebFolder, type WebFolder } from "../support/web-folder.ts";

const csv = "id,city\n007,Bern\n2,Zürich\n";

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

describe("what is refused", () => {
  test.each([
    ["http://user:hunter2@127.0.0.1/x.csv", "invalid_input", /127\.0\.0\.1 holds a user name or password/],
    ["ftp://user:hunter2@example.org/x.csv", "invalid_input", /is an address, not a path/],
    ["file:///etc/passwd", "invalid_input", /write the path alone/],
    ["http://example.org/2026-*.csv", "invalid_input", /names one file, \* and \{\} are not expanded/],
    ["http://[::1/x.csv", "invalid_input", /no address that can be read/],
    ["http://127.0.0.1:1/x.csv", "blocked_address", /not a public address.*--allow-private 127\.0\.0\.1:1/],
    ["http://169.254.169.254/latest/meta-data", "blocked_address", /not a public address/],
    ["http://localhost:9/x.csv", "blocked_address", /--allow-private/],
  ])("%s", async (address, code, message) => {
    const result = await web.failing(address);
    expect(result).toMatchObject({ ok: false, code, message: expect.stringMatching(message) as string });
    expect(JSON.stringify(result)).not.toContain("hunter2");
    expect(await web.call(readRows, { source: address })).toMatchObject({ ok: false, code });
  });

  test("a query may hold what would be a glob in a path", async () => {
    web.served("/select.csv", csv);
    expect(await web.all(`${web.site.origin}/select.csv?$select=*&in=[1]`)).toMatchObject({ row_count: 2 });
  });

  test("a redirect to an address that is not allowed", async () => {
    const address = web.serve("/inside.csv", reply("", { location: "http://127.0.0.2:8080/secret.csv" }, 302));
    expect(await web.failing(address)).toMatchObject({ code: "blocked_address" });
  });

  test("a redirect without end, and one to another scheme", async () => {
    const round = web.serve("/round.csv", reply("", { location: "/round.csv" }, 301));
    expect(await web.failing(round)).toMatchObject({ code: "http_error" });
    expect(web.site.requested).toHaveLength(6);
    expect(
      await web.failing(web.serve("/local.csv", reply("", { location: "file:///etc/passwd" }, 301))),
    ).toMatchObject({
      code: "blocked_address",
    });
  });

  test.concurrent.each([
    ["404", reply("<html>no</html>", {}, 404), "http_error", /answered 404/],
    ["429", reply("", { "retry-after": "100" }, 429), "rate_limited", /answered 429.*try again later/],
    ["part of a file", reply(csv, {}, 206), "http_error", /206, which is no whole file/],
    ["a page to log in", reply("\n<!DOCTYPE html><html><form>"), "unreadable", /HTML page.*use scrape/],
    ["a page that says it is CSV", reply("<html>", { "content-type": "text/csv" }), "unreadable", /HTML page/],
    ["an empty file", reply("", { "content-type": "text/csv" }), "unreadable", /is empty/],
    ["an unknown encoding", reply(csv, { "content-encoding": "zip" }), "unreadable", /encoded with zip/],
    ["a damaged encoding", reply(csv, { "content-encoding": "gzip" }), "unreadable", /content encoding is damaged/],
    [
      "an encoding that ends early",
      reply(gzipSync(csv.repeat(100)).subarray(0, 60), { "content-encoding": "gzip" }),
      "unreadable",
      /content encoding is damaged/,
    ],
    [
      "a truncated body",
      raw("HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\na,b\n1,2\n"),
      "timeout",
      /stopped sending|not complete/,
    ],
    [
      "a connection that ends early",
      (response) => {
        response.writeHead(200, { "content-length": "100" });
        response.write("a,b\n1,2\n", () => response.socket?.destroy());
      },
      "unavailable",
      /closed the connection/,
    ],
    [
      "chunks without an end",
      (response) => {
        response.writeHead(200);
        response.write("a,b\n1,2\n", () => response.socket?.destroy());
      },
      "unavailable",
      /closed the connection/,
    ],
    ["no reply", () => undefined, "timeout", /took the request and sent nothing|not complete/],
    ["a drip", raw("HTTP/1.1 200 OK\r\n\r\na\n", "1\n"), "timeout", /not complete after 1\.8 s/],
    ["interim replies without end", raw("", "HTTP/1.1 102 Processing\r\n\r\n"), "http_error", /interim replies/],
  ])("%s", { timeout: 15_000 }, async (name, route, code, message) => {
    const address = web.serve(`/${name.replaceAll(" ", "-")}.csv`, route);
    const result = await web.failing(address);
    expect(result).toMatchObject({ ok: false, code, message: expect.stringMatching(message) as string });
    expect(result).toMatchObject({ message: expect.stringContaining(`'${address}'`) as string });
  });

  test("leaves nothing in the workspace", async () => {
    expect((await web.workspaceFiles("tmp")).filter((file) => file.endsWith(".download"))).toEqual([]);
  });
});
