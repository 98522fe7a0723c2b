import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { spawn } from "node:child_process";
import { afterEach, beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { openNodeHost } from "../../src/runtime/node-host.ts";
import { openDownloader } from "../../src/web/download.ts";
import { openProxies, type ProxySettings } from "../../src/web/proxies.ts";
import { openScraper } from "../../src/web/scrape.ts";
import { temporaryFolder } from "../support/config.ts";
import { openTestProxy, type TestProxyOptions } from "../support/proxy.ts";
import { scrapeAll } from "../support/scraping.ts";
import { openSite, type Site } from "../support/site.ts";

let site: Site;
beforeEach(async () => {
  site = await openSite({
    "/": "<p>hello",
    "/away": (response) => void response.writeHead(302, { location: "/" }).end(),
  });
});
afterEach(() => site.close());

async function proxyFor(options: TestProxyOptions = {}) {
  const proxy = await openTestProxy(options);
  onTestFinished(() => proxy.close());
  return proxy;
}

async function pageBy(proxies: ProxySettings, url = `${site.origin}/`, allowPrivate = [site.host, "localhost"]) {
  const scraper = openScraper({ allowPrivate, userAgent: "axoner/1", proxies });
  onTestFinished(() => scraper.close());
  const [page] = await scrapeAll(scraper, { urls: [url] });
  return page;
}

describe("a proxy", () => {
  test("is tunnelled through, plain http too, and told the address instead of the name", async () => {
    const proxy = await proxyFor();
    const { port } = new URL(site.origin);
    const page = await pageBy({ http: `http://${proxy.host}`, except: [] }, `http://localhost:${port}/away`);
    expect(page).toMatchObject({ content: "hello", finalUrl: `http://localhost:${port}/` });
    expect(new Set(proxy.asked.map(({ line }) => line))).toEqual(new Set([`CONNECT 127.0.0.1:${port}`]));
    expect(site.requested).toEqual(["/away", "/"]);
  });

  test("is given the credentials of its URL, and nobody else is", async () => {
    const proxy = await proxyFor({ credentials: "me:p@ss" });
    const seen: unknown[] = [];
    const echo = await openSite({
      "/": (response, { headers }) => void (seen.push(headers), response.writeHead(200).end("hello")),
    });
    onTestFinished(() => echo.close());
    const page = await pageBy({ http: `http://me:p%40ss@${proxy.host}`, except: [] }, `${echo.origin}/`, [echo.host]);
    expect(page?.content).toBe("hello");
    expect(proxy.asked[0]?.authorization).toBe(`Basic ${Buffer.from("me:p@ss").toString("base64")}`);
    expect(JSON.stringify(seen)).not.toMatch(/proxy|Basic/i);
  });

  test("does not let through what the guard refuses, and is not asked for it", async () => {
    const proxy = await proxyFor();
    const proxies = { http: `http://${proxy.host}`, https: `http://${proxy.host}`, except: [] };
    for (const url of [`http://localhost:1234/`, "http://10.0.0.1/", "https://127.0.0.1/", `http://${proxy.host}/`])
      expect((await pageBy(proxies, url, [site.host]))?.error?.code).toBe("blocked_address");
    expect(proxy.asked).toEqual([]);
  });

  const refusals: [string, TestProxyOptions, RegExp][] = [
    ["wants other credentials", { credentials: "a:b" }, /the proxy \S+ wants other credentials \(407\)/],
    ["allows no tunnel", { answer: "HTTP/1.1 403 Forbidden\r\n\r\n" }, /answered 403 .*must allow CONNECT/],
    ["does not reach the host", { answer: "HTTP/1.1 504 Gateway Timeout\r\n\r\n" }, /answered 504 .*could not reach/],
    ["is none", { answer: "SSH-2.0-x\r\n\r\n" }, /does not answer as one/],
    ["says nothing", { answer: "" }, /closed the connection/],
    ["never ends", { answer: "HTTP/1.1 200 OK\r\n".padEnd(40_000, "x") }, /its answer is too long/],
  ];

  test.each(refusals)("that %s is said to be the reason", async (_what, options, message) => {
    const proxy = await proxyFor(options);
    const page = await pageBy({ http: `http://me:secret@${proxy.host}`, except: [] });
    expect(page?.error).toMatchObject({ code: "unavailable", message: expect.stringMatching(message) });
    expect(page?.error?.message).toContain(proxy.host);
    expect(page?.error?.message).not.toContain("secret");
    expect(site.requested).toEqual([]);
  });

  test("that is not there, or that speaks another protocol, is said to be the reason", async () => {
    const gone = await pageBy({ http: "http://me:secret@127.0.0.1:1", except: [] });
    expect(gone?.error?.message).toMatch(
      /the proxy 127\.0\.0\.1:1 cannot be reached \(ECONNREFUSED\); check HTTP_PROXY/,
    );
    const socks = await pageBy({ http: "socks5://me:secret@127.0.0.1:1080", except: [] });
    expect(socks?.error?.message).toMatch(/the proxy 127\.0\.0\.1:1080 speaks socks5/);
    expect(JSON.stringify([gone?.error, socks?.error])).not.toContain("secret");
  });

  test("carries files as well as pages", async () => {
    const proxy = await proxyFor({ answer: "HTTP/1.1 403 Forbidden\r\n\r\n" });
    const proxies = { http: `http://${proxy.host}`, except: [] };
    const downloader = openDownloader({ allowPrivate: [site.host], userAgent: "axoner/1", proxies });
    const { signal } = new AbortController();
    const target = join(temporaryFolder(), "file");
    const request = {
      url: `${site.origin}/`,
      target,
      maxBytes: 10,
      whenLarge: "",
      onBytes: () => {},
      known: undefined,
    };
    await expect(downloader.download({ ...request, signal })).rejects.toThrow(/answered 403/);
    downloader.close();
  });

  test("carries what is asked of a model", async () => {
    const proxy = await proxyFor({ credentials: "me:secret" });
    const host = openNodeHost({ proxies: { http: `http://me:secret@${proxy.host}`, except: ["localhost"] } });
    onTestFinished(() => host.close());
    const ask = async (url: string) => {
      const reply = await host.fetch(url, { method: "GET", headers: {}, signal: AbortSignal.timeout(20_000) });
      return new Response(Buffer.from((await reply.body?.getReader().read())?.value ?? [])).text();
    };
    expect(await ask(`${site.origin}/`)).toBe("<p>hello");
    expect(proxy.asked).toMatchObject([{ line: `CONNECT ${site.host}` }]);
    expect(await ask(`http://localhost:${new URL(site.origin).port}/`)).toBe("<p>hello");
    expect(proxy.asked).toHaveLength(1);
  });
});

test("TLS is spoken with the host through a proxy that may speak TLS itself", async () => {
  const certificate = join(import.meta.dirname, "../fixtures/tls/localhost-cert.pem");
  const tls = { cert: readFileSync(certificate), key: readFileSync(join(certificate, "../localhost-key.pem")) };
  const server = createServer(tls, (_request, response) =>
    response.writeHead(200, { "content-type": "text/html" }).end("<p>secure"),
  );
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo;
  const [plain, secure] = await Promise.all([proxyFor(), proxyFor({ tls })]);
  const secureAddress = secure.host.replace("127.0.0.1", "localhost");
  const script = `
    import { openScraper } from ${JSON.stringify(new URL("../../src/web/scrape.ts", import.meta.url).href)};
    import { scrapeAll } from ${JSON.stringify(new URL("../support/scraping.ts", import.meta.url).href)};
    for (const https of ["http://${plain.host}", "https://${secureAddress}"]) {
      const scraper = openScraper({ allowPrivate: ["127.0.0.1"], userAgent: "axoner/1", proxies: { https, except: [] } });
      const [page] = await scrapeAll(scraper, { urls: ["https://localhost:${port}/"] });
      console.log(page.content ?? page.error.message);
      await scraper.close();
    }`;
  const child = spawn(process.execPath, ["--input-type=module", "-e", script], {
    env: { NODE_EXTRA_CA_CERTS: certificate },
    stdio: ["ignore", "pipe", "inherit"],
  });
  let output = "";
  child.stdout.on("data", (chunk) => (output += String(chunk)));
  await once(child, "close");
  expect(output).toBe("secure\nsecure\n");
  for (const { asked } of [plain, secure]) expect(asked.map(({ line }) => line)).toEqual([`CONNECT 127.0.0.1:${port}`]);
});

describe("NO_PROXY", () => {
  const cases: [entry: string, host: string, port: number, direct: boolean][] = [
    ["*", "example.com", 443, true],
    ["example.com", "example.com", 443, true],
    ["example.com", "www.example.com", 443, true],
    ["example.com", "EXAMPLE.com.", 443, true],
    ["example.com", "notexample.com", 443, false],
    [".example.com", "www.example.com", 443, true],
    [".example.com", "example.com", 443, true],
    ["example.com:8443", "example.com", 8443, true],
    ["example.com:8443", "example.com", 443, false],
    ["10.0.0.0/8", "10.1.2.3", 80, true],
    ["10.0.0.0/8", "11.1.2.3", 80, false],
    ["10.0.0.0/8", "ten.example", 80, false],
    ["192.168.1.1", "192.168.1.1", 80, true],
    ["192.168.1.1:81", "192.168.1.1", 80, false],
    ["::1", "::1", 80, true],
    ["[::1]:81", "::1", 81, true],
    ["[::1]:81", "::1", 80, false],
    ["fd00::/8", "fd00::5", 80, true],
    ["com", "example.com", 80, true],
  ];

  test.each(cases)("%s, asked for %s port %i: %s", (...[entry, host, port, direct]) => {
    const choose = openProxies({ http: "http://proxy:3128", except: [entry] });
    expect(choose({ host, port, secure: false }) === undefined).toBe(direct);
  });

  test("keeps a proxy out of what it names", async () => {
    expect((await pageBy({ http: "http://127.0.0.1:1", except: ["127.0.0.1"] }))?.content).toBe("hello");
  });
});
