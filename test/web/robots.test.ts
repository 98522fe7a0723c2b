import { describe, expect, test } from "vitest";
import { openRobots, type RobotsReply } from "../../src/web/robots.ts";
import { isNofollow } from "../../src/web/robots-tag.ts";
import { parseRobots } from "../../src/web/robots-rules.ts";

describe("rules", () => {
  const cases: [what: string, text: string, path: string, allowed: boolean][] = [
    ["nothing forbids nothing", "", "/a", true],
    ["a prefix forbids", "User-agent: *\nDisallow: /a", "/a/b", false],
    ["another path is allowed", "User-agent: *\nDisallow: /a", "/b", true],
    ["an empty rule forbids nothing", "User-agent: *\nDisallow:", "/a", true],
    ["/ forbids all", "User-agent: *\nDisallow: /", "/", false],
    ["the own group counts alone", "User-agent: *\nDisallow: /\nUser-agent: axoner\nDisallow: /x", "/a", true],
    ["an empty line does not end a group", "User-agent: axoner\n\nUser-agent: *\nDisallow: /", "/a", false],
    [
      "own groups add up",
      "User-agent: Axoner\nDisallow: /a\nUser-agent: b\nDisallow: /\nuser-agent: AXONER/1\nDisallow: /c",
      "/c",
      false,
    ],
    ["another product's name is not ours", "User-agent: axoner-images\nDisallow: /", "/a", true],
    ["several agents share a group", "User-agent: a\nUser-agent: axoner\nDisallow: /a", "/a", false],
    ["a sitemap does not end a group", "User-agent: axoner\nSitemap: http://x/s\nDisallow: /a", "/a", false],
    ["the longest rule wins", "User-agent: *\nDisallow: /a\nAllow: /a/b", "/a/b/c", true],
    ["of equals the one that allows", "User-agent: *\nDisallow: /a\nAllow: /a", "/a", true],
    ["a wildcard in the middle", "User-agent: *\nDisallow: /*/private", "/x/y/private/z", false],
    ["a wildcard must match in order", "User-agent: *\nDisallow: /*b*a", "/ab", true],
    ["the end", "User-agent: *\nDisallow: /*.pdf$", "/a.pdf", false],
    ["the end only", "User-agent: *\nDisallow: /*.pdf$", "/a.pdf?x", true],
    ["the end without wildcard", "User-agent: *\nDisallow: /a$", "/ab", true],
    ["the last part is at the end", "User-agent: *\nDisallow: /a*a$", "/a", true],
    ["the query counts", "User-agent: *\nDisallow: /*?q=", "/s?q=1", false],
    ["escapes are the same", "User-agent: *\nDisallow: /%7ea/%c3%a9", "/~a/%C3%A9", false],
    ["characters and their escapes are the same", "User-agent: *\nDisallow: /é", "/%C3%A9", false],
    ["an escaped slash is none", "User-agent: *\nDisallow: /a%2Fb", "/a/b", true],
    ["comments and spaces do not count", "\uFEFF user-AGENT : * # all\n\tDISALLOW :  /a # no", "/a", false],
    ["old line ends", "User-agent: *\rDisallow: /a\r\nDisallow: /b", "/b", false],
    ["rules without a group do not count", "Disallow: /", "/a", true],
    ["HTML is no rule", "<!doctype html><p>User-agent: *<p>Disallow: /", "/a", true],
    ["what lies behind 500 KiB does not count", `${"#\n".repeat(260_000)}User-agent: *\nDisallow: /`, "/a", true],
  ];

  test.each(cases)("%s", (_what, text, path, allowed) => {
    expect(parseRobots(text, "axoner").forbidding(path) === undefined).toBe(allowed);
  });

  test("half a megabyte of wildcards is matched", () => {
    const rule = `Disallow: /${"*a".repeat(1_000)}b\n`;
    const rules = parseRobots(`User-agent: *\n${rule.repeat(250)}`, "axoner");
    for (let page = 0; page < 20; page += 1) expect(rules.forbidding(`/${"a".repeat(2_000)}`)).toBeUndefined();
  });
});

test.each<[what: string, text: string, delayMs: number]>([
  ["is that of the own group", "User-agent: *\nCrawl-delay: 9\nUser-agent: axoner\nCrawl-delay: 1.5", 1_500],
  ["is that of all where there is no own group", "User-agent: *\nCrawl-delay: 2\nDisallow: /x", 2_000],
  ["is not another's", "User-agent: other\nCrawl-delay: 2\n\nUser-agent: *\nDisallow: /x", 0],
  ["is no more than half a minute", "User-agent: *\nCrawl-delay: 86400", 30_000],
  ["is nothing where it is no number", "User-agent: *\nCrawl-delay: -1\nCrawl-delay: soon", 0],
])("a crawl delay %s", (_what, text, delayMs) => {
  expect(parseRobots(text, "axoner").delayMs).toBe(delayMs);
});

describe("replies", () => {
  const refused = (status: number | null): RobotsReply => ({ ok: false, status, code: "timeout", message: "no" });

  async function check(answer: RobotsReply): Promise<string> {
    const robots = openRobots("axoner", async () => answer);
    try {
      await robots.check(new URL("https://a.example/x"));
      return "allowed";
    } catch (thrown) {
      return (thrown as { code: string }).code;
    }
  }

  test.each<[what: string, answer: RobotsReply, outcome: string]>([
    ["404 allows", refused(404), "allowed"],
    ["403 allows", refused(403), "allowed"],
    ["endless redirects allow", refused(302), "allowed"],
    ["500 forbids", refused(500), "robots_denied"],
    ["503 forbids", refused(503), "robots_denied"],
    ["429 forbids", refused(429), "robots_denied"],
    ["no reply is the reason itself", refused(null), "timeout"],
    ["rules forbid", { ok: true, text: "User-agent: *\nDisallow: /x" }, "robots_denied"],
    ["rules allow", { ok: true, text: "User-agent: *\nDisallow: /y" }, "allowed"],
  ])("%s", async (_what, answer, outcome) => {
    expect(await check(answer)).toBe(outcome);
  });

  test.each([
    [
      "User-agent: *\n\nAllow: /x/y\nDisallow: /x # not this\nDisallow: /z",
      '"Disallow: /x" (line 4 of https://a.example/robots.txt)',
    ],
    ["User-agent: *\nDisallow: /*x$", '"Disallow: /*x$" (line 2 of https://a.example/robots.txt)'],
    [`User-agent: *\nDisallow: ${"*".repeat(1_000)}x`, `"Disallow: ${"*".repeat(110)}…" (line 2 of`],
  ])("what forbids a page is told with its line: %#", async (text, told) => {
    const robots = openRobots("axoner", async () => ({ ok: true, text }));
    await expect(robots.check(new URL("https://a.example/x"))).rejects.toThrow(told);
  });

  test("that there are no rules to be had is told with the status", async () => {
    const robots = openRobots("axoner", async () => refused(503));
    await expect(robots.check(new URL("https://a.example/x"))).rejects.toThrow(
      /robots\.txt answered 503, which forbids every page/,
    );
  });

  test("each origin is asked once", async () => {
    const asked: string[] = [];
    const robots = openRobots("axoner", async (url) => {
      asked.push(url.href);
      return refused(404);
    });
    const pages = ["https://a.example/1", "https://a.example/2?x#y", "http://a.example/", "https://a.example:8443/"];
    await Promise.all(pages.map((page) => robots.check(new URL(page))));
    expect(asked).toEqual([
      "https://a.example/robots.txt",
      "http://a.example/robots.txt",
      "https://a.example:8443/robots.txt",
    ]);
  });
});

test.each<[tags: string[], nofollow: boolean]>([
  [[], false],
  [["noindex"], false],
  [["nofollow"], true],
  [["noindex, NoFollow"], true],
  [["none"], true],
  [["noindex", "nofollow"], true],
  [["googlebot: nofollow"], false],
  [["googlebot: noindex, nofollow"], false],
  [["axoner: nofollow"], true],
  [["otherbot: noindex, axoner: nofollow"], true],
  [["unavailable_after: 25 Jun 2030 15:00:00 PST, nofollow"], true],
  [["max-snippet: 5, nofollow"], true],
  [["nofollowing"], false],
])("X-Robots-Tag %j: links are not followed: %s", (tags, nofollow) => {
  expect(isNofollow(tags, "axoner")).toBe(nofollow);
});
