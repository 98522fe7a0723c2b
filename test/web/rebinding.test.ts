import dns from "node:dns";
import { createServer, type AddressInfo, type Server } from "node:net";
import { syncBuiltinESMExports } from "node:module";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { openDownloader } from "../../src/web/download.ts";
import { openScraper, type Scraper } from "../../src/web/scrape.ts";
import { openDnsServer, replaceLookup, resolveThrough, type DnsAnswer, type DnsServer } from "../support/dns-server.ts";
import { scrapeAll } from "../support/scraping.ts";

const a = (value: string): DnsAnswer => ({ type: "A", value });
const aaaa = (value: string): DnsAnswer => ({ type: "AAAA", value });
/** Stands for the public internet, since tests do not leave the machine: it is allowed, 127.0.0.1 is not. */
const outside = "127.0.0.2";

/** Names that lead inside, at once and however they are asked. */
const insiders: Record<string, DnsAnswer[]> = {
  "loopback.example": [a("127.0.0.1")],
  "mixed.example": [a("93.184.215.14"), a("127.0.0.1")],
  "mixed-last.example": [a("8.8.8.8"), a("1.1.1.1"), a("9.9.9.9"), a("10.0.0.1")],
  "mixed-first.example": [a("192.168.0.1"), a("8.8.8.8")],
  "mixed-families.example": [a(outside), aaaa("::1")],
  "this-host.example": [a("0.0.0.0")],
  "metadata.example": [a("169.254.169.254")],
  "azure.example": [a("168.63.129.16")],
  "shared.example": [a("100.64.0.1")],
  "alias.example": [{ type: "CNAME", value: "localhost" }, a("127.0.0.1")],
  "alias-twice.example": [{ type: "CNAME", value: "b.example" }, { type: "CNAME", value: "localhost" }, aaaa("::1")],
  "loopback6.example": [aaaa("::1")],
  "unspecified6.example": [aaaa("::")],
  "mapped.example": [aaaa("::ffff:127.0.0.1")],
  "mapped-private.example": [aaaa("::ffff:10.0.0.1")],
  "compatible.example": [aaaa("::127.0.0.1")],
  "translated.example": [aaaa("::ffff:0:127.0.0.1")],
  "nat64.example": [aaaa("64:ff9b::127.0.0.1")],
  "nat64-local.example": [aaaa("64:ff9b:1::127.0.0.1")],
  "6to4.example": [aaaa("2002:7f00:1::1")],
  "teredo.example": [aaaa("2001:0:7f00:1::1")],
  "unique-local.example": [aaaa("fd00:ec2::254")],
  "link-local.example": [aaaa("fe80::1")],
  "documentation.example": [aaaa("3fff::1")],
};

let names: DnsServer;
let restore: () => void;
/** Listens where nobody may come to; what reached it, in bytes for each connection. */
let trap: Server;
let caught: number[] = [];
/** A site of the outside. Its pages close their connection, so that the next page looks the name up again. */
let site: Server;
let scraper: Scraper;
const allowed = () => [`${outside}:${port(site)}`];
const port = (server: Server) => (server.address() as AddressInfo).port;

beforeAll(async () => {
  names = await openDnsServer((name, visit) => {
    if (name === "outside.example") return [a(outside)];
    if (name.startsWith("rebinding")) return [a(visit === 0 ? outside : "127.0.0.1")];
    if (name.startsWith("flipping")) return [a(visit % 2 === 0 ? outside : "127.0.0.1")];
    return insiders[name];
  });
  site = await listen(outside, 0, (text) => {
    const location = /^GET \/to\/(\S+)/.exec(text)?.[1];
    const head = location === undefined ? "HTTP/1.1 200 OK" : `HTTP/1.1 302 Found\r\nLocation: /${location}`;
    return `${head}\r\nContent-Type: text/html\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello`;
  });
  trap = await listen("127.0.0.1", port(site), () => "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nsecret");
  trap.on("connection", (socket) => {
    const index = caught.push(0) - 1;
    socket.on("data", (chunk) => (caught[index] = (caught[index] ?? 0) + chunk.byteLength));
  });
  restore = resolveThrough(names.address);
  scraper = openScraper({ allowPrivate: allowed(), userAgent: "axoner/1" });
});
afterAll(async () => {
  restore();
  await scraper.close();
  await names.close();
  for (const server of [trap, site]) await new Promise((resolve) => server.close(resolve));
});
beforeEach(() => {
  caught = [];
  names.asked.length = 0;
});

const at = (name: string, path = "/") => `http://${name}:${port(site)}${path}`;

async function outcomes(...urls: string[]) {
  const pages = await scrapeAll(scraper, { urls, perHost: 1, concurrency: 1 });
  return pages.map(({ error, content }) => error?.code ?? content);
}

test("a name that leads outside is fetched", async () => {
  expect(await outcomes(at("outside.example"))).toEqual(["hello"]);
  expect(names.asked).toContain("A outside.example");
});

test.each(Object.keys(insiders))("%s is refused, and nobody is connected to", async (name) => {
  expect(await outcomes(at(name))).toEqual(["blocked_address"]);
  const target = at(name, "/data.csv");
  await expect(download(target)).rejects.toMatchObject({ code: "blocked_address" });
  expect(names.asked).toContain(`A ${name}`);
  expect(caught).toEqual([]);
});

describe("a name that leads outside first and inside then", () => {
  test("is refused at the second page", async () => {
    const name = "rebinding-pages.example";
    expect(await outcomes(at(name, "/1"), at(name, "/2"), at(name, "/3"))).toEqual([
      "hello",
      "blocked_address",
      "blocked_address",
    ]);
    expect(caught).toEqual([]);
  });

  test("is refused after a redirect to itself", async () => {
    expect(await outcomes(at("rebinding-redirect.example", "/to/secret"))).toEqual(["blocked_address"]);
    expect(caught).toEqual([]);
  });

  test("is refused for its pages after its robots.txt", async () => {
    const urls = [at("rebinding-robots.example")];
    const [found] = await scrapeAll(scraper, { urls, respectRobots: true });
    expect(found?.error?.code).toBe("blocked_address");
    expect(caught).toEqual([]);
  });

  test("and so on is fetched each time that it leads outside", async () => {
    const found = await outcomes(...Array.from({ length: 6 }, (_, n) => at("flipping.example", `/${n}`)));
    expect(new Set(found)).toEqual(new Set(["hello", "blocked_address"]));
    expect(caught).toEqual([]);
  });
});

test("a lookup that lies is caught by the address that was reached, before a byte is sent", async () => {
  const usual = dns.lookup;
  // Whoever checks the answer sees the address outside; whoever connects gets the one inside.
  replaceLookup((_host, _options, callback) => {
    let looks = 0;
    const answer = {
      family: 4,
      get address() {
        looks += 1;
        return looks === 1 ? outside : "127.0.0.1";
      },
    };
    callback(null, [answer]);
  });
  try {
    expect(await outcomes(at("lying.example"))).toEqual(["blocked_address"]);
    expect(caught).toEqual([0]);
  } finally {
    dns.lookup = usual;
    syncBuiltinESMExports();
  }
});

async function download(url: string): Promise<unknown> {
  const downloader = openDownloader({ allowPrivate: allowed(), userAgent: "axoner/1" });
  const request = { url, target: "/dev/null", maxBytes: 1_000, whenLarge: "no", known: undefined, onBytes: () => {} };
  try {
    return await downloader.download({ ...request, signal: new AbortController().signal });
  } finally {
    downloader.close();
  }
}

async function listen(host: string, wantedPort: number, answer: (request: string) => string): Promise<Server> {
  const server = createServer((socket) => {
    socket.on("error", () => {});
    socket.on("data", (chunk) => void socket.end(answer(chunk.toString("latin1"))));
  });
  await new Promise<void>((resolve) => server.listen(wantedPort, host, resolve));
  return server;
}
