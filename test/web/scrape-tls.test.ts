import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openScraper } from "../../src/web/scrape.ts";
import { scrapeAll } from "../support/scraping.ts";

const certificate = join(import.meta.dirname, "../fixtures/tls/localhost-cert.pem");
const server = createServer(
  { cert: readFileSync(certificate), key: readFileSync(join(certificate, "../localhost-key.pem")) },
  (_request, response) => response.writeHead(200, { "content-type": "text/html" }).end("<p>secure"),
);
let port: number;

beforeAll(async () => {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  ({ port } = server.address() as AddressInfo);
});
afterAll(() => void server.close());

test("a certificate that nobody vouches for is refused, and said to be the reason", async () => {
  const scraper = openScraper({ allowPrivate: ["127.0.0.1"], userAgent: "axoner/1" });
  const [found] = await scrapeAll(scraper, { urls: [`https://localhost:${port}/`] });
  expect(found).toMatchObject({ status: null, error: { code: "unavailable" } });
  expect(found?.error?.message).toMatch(/no secure connection \(self-signed certificate/);
  await scraper.close();
});

test("a trusted certificate is good for its own name only", async () => {
  const script = `
    import { openScraper } from ${JSON.stringify(new URL("../../src/web/scrape.ts", import.meta.url).href)};
    import { scrapeAll } from ${JSON.stringify(new URL("../support/scraping.ts", import.meta.url).href)};
    const scraper = openScraper({ allowPrivate: ["127.0.0.1"], userAgent: "axoner/1" });
    const pages = await scrapeAll(scraper, { urls: ["https://localhost:${port}/", "https://127.0.0.1:${port}/"] });
    console.log(JSON.stringify(pages.map(({ content, error }) => content ?? error.message)));`;
  const child = spawn(process.execPath, ["--input-type=module", "-e", script], {
    env: { NODE_EXTRA_CA_CERTS: certificate },
    stdio: ["ignore", "pipe", "inherit"],
  });
  let output = "";
  child.stdout.on("data", (chunk) => (output += String(chunk)));
  await once(child, "close");
  expect(JSON.parse(output)).toEqual(["secure", expect.stringContaining("does not match certificate")]);
});
