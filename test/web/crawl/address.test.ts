import fc from "fast-check";
import { expect, test } from "vitest";
import { normaliseAddress } from "../../../src/web/crawl/address.ts";

const base = "https://shop.example/a/b";

test.each<[what: string, address: string, normalised: string | undefined]>([
  ["a fragment", "https://shop.example/x#y", "https://shop.example/x"],
  ["the default port", "http://shop.example:80/x", "http://shop.example/x"],
  ["another port stays", "https://shop.example:8443/x", "https://shop.example:8443/x"],
  ["the case of the host", "HTTPS://Shop.EXAMPLE/X", "https://shop.example/X"],
  ["a dot at the end of the host", "https://shop.example./x", "https://shop.example/x"],
  ["dot segments", "../c/./d/../e", "https://shop.example/c/e"],
  ["needless percent-encoding", "/%7euser/%41b%2fc", "https://shop.example/~user/Ab%2Fc"],
  ["letters beyond ASCII", "/päge?q=ü", "https://shop.example/p%C3%A4ge?q=%C3%BC"],
  ["an empty query", "/x?", "https://shop.example/x"],
  ["empty parameters", "/x?&a=1&&", "https://shop.example/x?a=1"],
  ["the order of parameters stays", "/x?b=1&a=2", "https://shop.example/x?b=1&a=2"],
  ["tracking parameters", "/x?utm_source=a&id=7&gclid=z&fbclid=q", "https://shop.example/x?id=7"],
  ["nothing but tracking parameters", "/x?UTM_Campaign=a", "https://shop.example/x"],
  ["sessions in the query", "/x?PHPSESSID=0123&id=7", "https://shop.example/x?id=7"],
  ["a sid that is a session", `/x?sid=${"0a1b".repeat(8)}`, "https://shop.example/x"],
  ["a sid that is none", "/x?sid=12", "https://shop.example/x?sid=12"],
  ["sessions in the path", "/x;jsessionid=0A1B?id=7", "https://shop.example/x?id=7"],
  ["another scheme", "mailto:a@shop.example", undefined],
  ["a script", "javascript:alert(1)", undefined],
  ["a user name", "https://user:word@shop.example/", undefined],
  ["no address", "http://", undefined],
])("%s", (_what, address, normalised) => {
  expect(normaliseAddress(address, base)).toBe(normalised);
});

test("what is normalised stays as it is", () => {
  fc.assert(
    fc.property(fc.webUrl({ withQueryParameters: true, withFragments: true }), (url) => {
      const once = normaliseAddress(url);
      expect(normaliseAddress(once ?? "")).toBe(once);
      expect(once === undefined ? "" : new URL(once).href).toBe(once ?? "");
    }),
  );
});
