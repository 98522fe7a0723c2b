import { describe, expect, test } from "vitest";
import { ConfigError } from "../../src/errors.ts";
import { openGuard } from "../../src/web/guard.ts";

const guard = openGuard([]);

const publicUrls = [
  "http://8.8.8.8/",
  "https://1.1.1.1/",
  "http://93.184.215.14:8080/",
  "http://100.63.255.255/",
  "http://100.128.0.1/",
  "http://172.15.255.255/",
  "http://172.32.0.1/",
  "http://192.167.255.255/",
  "http://223.255.255.255/",
  "http://168.63.129.17/",
  "http://[2606:4700:4700::1111]/",
  "http://[2a00:1450:4001:82f::200e]/",
  "http://[2001:200::1]/",
  "http://[::ffff:8.8.8.8]/",
  "https://example.com/",
  "https://example.com:8443/",
];

const refusedUrls = [
  // this host, in every notation that URLs know
  "http://127.0.0.1/",
  "http://127.255.255.254/",
  "http://127.1/",
  "http://2130706433/",
  "http://0x7f000001/",
  "http://0x7f.0.0.1/",
  "http://0177.0.0.1/",
  "http://017700000001/",
  "http://127.0.0.1./",
  "http://%31%32%37.0.0.1/",
  "http://①②⑦.0.0.1/",
  "http://0.0.0.0/",
  "http://0/",
  "http://[::1]/",
  "http://[::]/",
  "http://[0:0:0:0:0:0:0:1]/",
  "http://[::ffff:127.0.0.1]/",
  "http://[::ffff:7f00:1]/",
  "http://[::127.0.0.1]/",
  "http://[::ffff:0:127.0.0.1]/",
  // private, shared and link-local networks
  "http://10.0.0.1/",
  "http://10.255.255.255/",
  "http://172.16.0.1/",
  "http://172.31.255.255/",
  "http://192.168.0.1/",
  "http://192.168.255.255/",
  "http://100.64.0.1/",
  "http://100.127.255.255/",
  "http://169.254.0.1/",
  "http://[fc00::1]/",
  "http://[fd12:3456:789a::1]/",
  "http://[fe80::1]/",
  "http://[fec0::1]/",
  "http://[::ffff:10.0.0.1]/",
  "http://[::ffff:192.168.1.1]/",
  // what clouds answer their guests on
  "http://169.254.169.254/latest/meta-data/",
  "http://[fd00:ec2::254]/",
  "http://168.63.129.16/",
  "http://100.100.100.200/",
  "http://[::ffff:a9fe:a9fe]/",
  // reserved, documentation, test and multicast
  "http://192.0.0.1/",
  "http://192.0.2.1/",
  "http://198.18.0.1/",
  "http://198.19.255.255/",
  "http://198.51.100.1/",
  "http://203.0.113.1/",
  "http://224.0.0.1/",
  "http://239.255.255.255/",
  "http://240.0.0.1/",
  "http://255.255.255.255/",
  "http://[ff02::1]/",
  "http://[2001:db8::1]/",
  "http://[3fff::1]/",
  "http://[100::1]/",
  "http://[4000::1]/",
  // ways through a tunnel or a translator
  "http://192.88.99.1/",
  "http://[64:ff9b::7f00:1]/",
  "http://[64:ff9b:1::1]/",
  "http://[2002:7f00:1::]/",
  "http://[2002:c0a8:101::1]/",
  "http://[2001::1]/",
  "http://[2001:0:4136:e378:8000:63bf:3fff:fdd2]/",
  "http://[2001:10::1]/",
  // not for pages
  "http://8.8.8.8:22/",
  "http://example.com:25/",
  "http://example.com:6667/",
  "http://example.com:0/",
  "http://user@example.com/",
  "http://user:secret@example.com/",
  "ftp://example.com/",
  "file:///etc/passwd",
  "data:text/html,hello",
  "javascript:alert(1)",
  "ws://example.com/",
  "blob:https://example.com/1",
];

test.each(publicUrls)("%s may be fetched", (url) => {
  expect(() => guard.checkUrl(new URL(url))).not.toThrow();
});

test.each(refusedUrls)("%s is refused", (url) => {
  expect(() => guard.checkUrl(new URL(url))).toThrow(expect.objectContaining({ code: "blocked_address" }));
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
