import { describe, expect, test } from "vitest";
import { ConfigError } from "../../src/errors.ts";
import { openGuard } from "../../src/web/guard.ts";
import { noUrls, publicUrls, refusedAddresses, refusedUrls } from "../fixtures/guarded-urls.ts";

const guard = openGuard([]);

test.each(publicUrls)("%s may be fetched", (url) => {
  expect(() => guard.checkUrl(new URL(url))).not.toThrow();
});

test.each(refusedUrls)("%s is refused", (url) => {
  expect(() => guard.checkUrl(new URL(url))).toThrow(expect.objectContaining({ code: "blocked_address" }));
});

test.each(noUrls)("%s is no address", (url) => {
  expect(URL.parse(url)).toBeNull();
});

test("the list is long", () => {
  expect(new Set([...refusedUrls, ...noUrls]).size).toBeGreaterThan(220);
});

test.each(refusedAddresses)("a name that resolves to %s is refused", (address) => {
  for (const name of ["metadata.google.internal", "instance-data.ec2.internal", "localhost", "example.com"])
    expect(() => guard.checkAddress(name, 80, address)).toThrow(expect.objectContaining({ code: "blocked_address" }));
});

test("an address that a name resolves to is held to the same rules", () => {
  expect(() => guard.checkAddress("intern.example", 80, "10.1.2.3")).toThrow(/intern\.example \(10\.1\.2\.3\)/);
  expect(() => guard.checkAddress("intern.example", 443, "::ffff:10.1.2.3")).toThrow(
    /--allow-private intern\.example:443/,
  );
  guard.checkAddress("example.com", 443, "93.184.215.14");
});

describe("--allow-private", () => {
  const cases: [entry: string, host: string, port: number, address: string, allowed: boolean][] = [
    ["127.0.0.1", "127.0.0.1", 80, "127.0.0.1", true],
    ["127.0.0.1", "localhost", 8080, "127.0.0.1", true],
    ["127.0.0.1", "127.0.0.2", 80, "127.0.0.2", false],
    ["127.0.0.1", "x.example", 80, "::ffff:127.0.0.1", true],
    ["127.0.0.1:8080", "127.0.0.1", 8080, "127.0.0.1", true],
    ["127.0.0.1:8080", "127.0.0.1", 8081, "127.0.0.1", false],
    ["10.0.0.0/8", "intern.example", 80, "10.200.0.1", true],
    ["10.0.0.0/8", "intern.example", 80, "11.0.0.1", true],
    ["10.0.0.0/8", "intern.example", 80, "192.168.0.1", false],
    ["10.0.0.0/8:9000", "intern.example", 9000, "10.1.1.1", true],
    ["10.0.0.0/8:9000", "intern.example", 9001, "10.1.1.1", false],
    ["localhost", "localhost", 80, "127.0.0.1", true],
    ["localhost", "localhost", 80, "::1", true],
    ["localhost", "other.example", 80, "127.0.0.1", false],
    ["LocalHost:9000", "localhost", 9000, "::1", true],
    ["localhost:9000", "localhost", 80, "::1", false],
    ["intern.example", "intern.example.", 80, "10.0.0.1", true],
    ["intern.example", "evil.intern.example", 80, "10.0.0.1", false],
    ["::1", "[::1]", 80, "::1", true],
    ["[::1]:80", "[::1]", 80, "::1", true],
    ["[::1]:80", "[::1]", 81, "::1", false],
    ["fd00::/8", "nas.example", 80, "fd00::5", true],
    ["[fd00::/8]:80", "nas.example", 80, "fd00::5", true],
    ["[fd00::/8]:80", "nas.example", 80, "fe80::5", false],
    ["127.0.0.1", "127.0.0.1", 22, "127.0.0.1", false],
    ["127.0.0.1:22", "127.0.0.1", 22, "127.0.0.1", true],
    ["0.0.0.0/0", "x.example", 80, "::1", false],
  ];

  test.each(cases)("%s, asked for %s port %i at %s: %s", (...[entry, host, port, address, allowed]) => {
    const check = () => {
      openGuard([entry]).checkAddress(host, port, address);
      return "allowed";
    };
    const refusal = expect.objectContaining({ code: "blocked_address" });
    expect(outcome(check)).toEqual(allowed ? "allowed" : refusal);
  });

  test.each([
    "",
    " ",
    "http://x",
    "x/8",
    "10.0.0.0/33",
    "x:99999",
    "x:",
    "[::1",
    "a:b:c",
    "user@host",
    "host?x",
    "a b",
  ])("the entry %j cannot be read", (entry) => {
    expect(() => openGuard([entry])).toThrow(ConfigError);
  });
});

function outcome(check: () => unknown): unknown {
  try {
    return check();
  } catch (thrown) {
    return thrown;
  }
}

test("a port that is not one for web pages is said to be that, also at an address that is allowed", () => {
  const loopback = openGuard(["127.0.0.0/8"]);
  expect(() => loopback.checkAddress("127.0.2.2", 9, "127.0.2.2")).toThrow("port 9 is not one for web pages");
  expect(() => loopback.checkAddress("10.0.0.1", 9, "10.0.0.1")).toThrow("is not a public address");
});
