import { afterEach, expect, test } from "vitest";
import type { JsonValue } from "../../src/message.ts";
import { collect } from "../../src/contracts/provider.ts";
import { openMockedProvider, type OpenedProvider } from "../support/mocked-provider.ts";
import { json, stream, type Answer } from "../support/model-server.ts";

const running: OpenedProvider[] = [];
afterEach(async () => {
  for (const { close } of running.splice(0)) await close();
});

const openAi = (message: string, code: string | null): JsonValue => ({ error: { message, code } });

test("a key is hidden in what the service said, and never in our own words", async () => {
  const said = async (apiKey: string, answer: Answer) => {
    const opened = await openMockedProvider([answer], { apiKey });
    running.push(opened);
    return collect(opened.provider).then(
      () => "nothing",
      (thrown: unknown) => String(thrown),
    );
  };
  const refused = json(openAi("the key k is wrong", "invalid_api_key"), 401);
  expect(await said("k", refused)).toMatch(/: the \*\*\*ey \*\*\* is wrong; check MOCK_API_KEY/);
  const long = "sk-test-9876543210";
  const quoting = [
    json(openAi(`no key ${long}`, "invalid_api_key"), 401),
    json({ error: { message: `no key ${long}`, code: 401 } }),
    stream([`data: {"error": {"message": "no key ${long}"}}\n\n`]),
    { raw: { status: 302, headers: { location: `/login?key=${long}` } } },
    { raw: { pieces: [`<html><title>no key ${long}</title></html>`] } },
    json(openAi(`${"x".repeat(285)} ${long}`, "invalid_api_key"), 401),
    { raw: { pieces: [`${" ".repeat(1_980)}no key ${long}`] } },
  ];
  for (const answer of quoting) {
    const message = await said(long, answer);
    expect(message).toContain("***");
    expect(message).not.toContain(long);
  }
});

test.each([
  [
    "percent-encoded in a redirect",
    { raw: { status: 302, headers: { location: "/login?key=sk%2Fte%2Bst%3D%22%26%5c9876" } } },
  ],
  [
    "twice percent-encoded",
    { raw: { status: 302, headers: { location: "/login?key=sk%252Fte%252Bst%253D%2522%2526%255C9876" } } },
  ],
  ["escaped in JSON", { raw: { status: 401, pieces: [String.raw`{"error": {"given": "sk\/te+st=\"&\\9876"}}`] } }],
  [
    "escaped in JSON that is cut off",
    { raw: { status: 401, pieces: [String.raw`{"key": "sk\/te\u002bst=\"\u0026\\9876`] } },
  ],
  ["escaped in HTML", { raw: { pieces: ["<html><title>no key sk/te&#43;st=&quot;&amp;\\9876</title>"] } }],
] satisfies [string, Answer][])("a key is hidden as it is spelt: %s", async (_what, answer) => {
  const opened = await openMockedProvider([answer], { apiKey: 'sk/te+st="&\\9876' });
  running.push(opened);
  const message = await collect(opened.provider).then(() => "nothing", String);
  expect(message).toContain("***");
  expect(message).not.toMatch(/9876|sk.{1,5}te/i);
});

test.each([
  ["an empty stream", stream([])],
  ["a refusal", json({ error: "no" }, 400)],
  ["a foreign reply", { raw: { pieces: ["hello"] } }],
  ["a lost connection", { raw: { then: "cut" } }],
] satisfies [string, Answer][])("a key in the base URL is hidden in what is said of %s", async (_what, answer) => {
  const apiKey = "sk-test+in-the-path";
  const opened = await openMockedProvider([answer], { apiKey }, `/${encodeURIComponent(apiKey)}/v1`);
  running.push(opened);
  const message = await collect(opened.provider).then(() => "nothing", String);
  expect(message).not.toContain("in-the-path");
});
