import { describe, expect, test } from "vitest";
import { cleanHeaders, cleanUrl } from "../../src/recording/clean-url.ts";
import { openVeil } from "../../src/recording/veil.ts";

const key = "sk-live-0123/456+789";
const veil = openVeil({
  secrets: [key, "short"],
  folders: { workspace: "/home/ada/work/.axoner", root: "/home/ada/work" },
});

describe("a secret", () => {
  test.each([
    ["in text", `the key ${key} is`],
    ["in a URL", `https://a.example/?q=${encodeURIComponent(key)}&z=1`],
    ["in basic authentication", `Basic ${Buffer.from(key).toString("base64")}`],
    ["in JSON that is a text of JSON", JSON.stringify(JSON.stringify({ key }))],
  ])("is removed %s", (_where, text) => {
    const covered = veil.cover(text);
    expect(covered).toContain("axoner-removed");
    for (const part of [key, "0123", encodeURIComponent(key)]) expect(covered).not.toContain(part);
  });

  test("is removed where chunks cut it in two, at whatever place", () => {
    const text = `é before ${key} and after ${key.slice(0, 9)}`;
    const bytes = Buffer.from(text);
    for (let at = 0; at <= bytes.length; at += 1) {
      const stream = veil.open();
      const whole = Buffer.concat([stream.push(bytes.subarray(0, at)), stream.push(bytes.subarray(at)), stream.end()]);
      expect(whole.toString()).toBe(`é before axoner-removed and after ${key.slice(0, 9)}`);
    }
  });

  test("that is shorter than a key stays, for it would take words apart", () => {
    expect(veil.cover("a short word")).toBe("a short word");
  });
});

test("folders are named, the innermost first, and are those of another machine again", () => {
  const covered = veil.cover('{"path":"/home/ada/work/.axoner/datasets/a.jsonl","root":"/home/ada/work/b.csv"}');
  expect(covered).not.toContain("ada");
  const there = openVeil({ secrets: [], folders: { workspace: "/srv/w", root: "/srv/r" } });
  expect(there.uncover(covered)).toBe('{"path":"/srv/w/datasets/a.jsonl","root":"/srv/r/b.csv"}');
  expect(there.uncoverBytes(Buffer.from(covered)).toString()).toBe(there.uncover(covered));
});

describe("an address", () => {
  test.each([
    ["https://ada:secret-1@a.example/x?y=1", "https://a.example/x?y=1"],
    ["https://a.example/?api_key=0123456789&q=a%20b", "https://a.example/?api_key=axoner-removed&q=a%20b"],
    [
      "https://a.example/?X-Amz-Signature=0123456789abcdef#part",
      "https://a.example/?X-Amz-Signature=axoner-removed#part",
    ],
    [
      "https://a.example/?access_token=0123456789&access_token=abcdefghij",
      "https://a.example/?access_token=axoner-removed&access_token=axoner-removed",
    ],
  ])("%s is kept as %s", (address, kept) => {
    expect(cleanUrl(address)).toBe(kept);
  });

  test.each([
    "https://a.example/?key=a&page=2",
    "https://a.example/%7Eada?monkey=0123456789",
    "/relative?token=0123456789",
  ])("%s is kept as it is", (address) => {
    expect(cleanUrl(address)).toBe(address);
  });
});

test("of the headers of a reply, those that let somebody in are not kept, and addresses in them are cleaned", () => {
  const headers = {
    "content-type": "text/html",
    "set-cookie": ["sid=1"],
    "x-auth-token": "t",
    "openai-organization": "o",
    "retry-after": "3",
    location: "/next?token=0123456789",
  };
  expect(cleanHeaders(headers, "https://a.example/first")).toEqual({
    "content-type": "text/html",
    "retry-after": "3",
    location: "https://a.example/next?token=axoner-removed",
  });
  expect(cleanHeaders({ location: "../up" }, "https://a.example/b/c")).toEqual({ location: "../up" });
});
