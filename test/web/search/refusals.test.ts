import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { ToolError, type ErrorCode } from "../../../src/errors.ts";
import type { BackendName } from "../../../src/web/search/backend.ts";
import { json, openSearchService, recorded, testKeys, type SearchService } from "../../support/search-service.ts";
import { reply, type Route } from "../../support/site.ts";

let service: SearchService;
beforeAll(async () => {
  service = await openSearchService();
});
beforeEach(() => void service.asked.splice(0));
afterAll(() => service.close());

async function refusal(backend: BackendName): Promise<ToolError> {
  const thrown = await service.search(backend).catch((failure: unknown) => failure);
  if (thrown instanceof ToolError) return thrown;
  throw new Error("the search was not refused", { cause: thrown });
}

/** A refusal as a service sends it; a text is no JSON. */
interface Refused {
  status: number;
  body: unknown;
}

function google(status: number, message: string, { reason = "", detail = "", name = "" } = {}): Refused {
  const errors = [{ message, domain: "global", reason }];
  const metadata = { service: "customsearch.googleapis.com" };
  const details = [
    { "@type": "type.googleapis.com/google.rpc.ErrorInfo", reason: detail, domain: "googleapis.com", metadata },
  ];
  return { status, body: { error: { code: status, message, errors, status: name, details } } };
}

function googleQuota(limit: string): Refused {
  const message =
    `Quota exceeded for quota metric 'Queries' and limit '${limit}' of service 'customsearch.googleapis.com' ` +
    "for consumer 'project_number:1'.";
  const reasons = { reason: "rateLimitExceeded", detail: "RATE_LIMIT_EXCEEDED", name: "RESOURCE_EXHAUSTED" };
  return google(429, message, reasons);
}

function brave(status: number, code: string, { detail = "", meta = {} } = {}): Refused {
  const error = { id: "5d832250-9396-4f6e-b84a-2a1fe524cd7d", status, code, detail, meta };
  return { status, body: { type: "ErrorResponse", error, time: 1_773_685_964 } };
}

function braveInvalid(...loc: string[]): Refused {
  return brave(422, "VALIDATION", { detail: "Unable to validate request parameter(s)", meta: { errors: [{ loc }] } });
}

function tavily(status: number, error: string): Refused {
  return { status, body: { detail: { error } } };
}

function plain(status: number, body: string): Refused {
  return { status, body };
}

function refuse({ status, body }: Refused, headers: Record<string, string> = {}): Route {
  return typeof body === "string" ? reply(body, headers, status) : json(body, status, headers);
}

describe("what cannot get better by asking again is asked once and told with what to do", () => {
  const invalidKey = "API key not valid. Please pass a valid API key.";
  const invalidArgument = "Request contains an invalid argument.";
  const closed = "This project does not have the access to Custom Search JSON API.";
  const planLimit = "This request exceeds your plan's set usage limit. Please upgrade your plan.";
  const queryTooLong = "Query is too long. Max query length is 400 characters.";
  const listed = { status: 422, body: { errors: [{ code: "SUBSCRIPTION_TOKEN_INVALID" }] } };

  test.each<[BackendName, Refused, ErrorCode, RegExp]>([
    ["google", google(400, invalidKey, { detail: "API_KEY_INVALID" }), "not_allowed", /^Google: .*SEARCH_API_KEY/],
    ["google", google(400, "Bad Request", { reason: "keyInvalid" }), "not_allowed", /SEARCH_API_KEY/],
    ["google", google(400, invalidArgument), "provider_error", /an invalid argument\).*CX_ENGINE/],
    ["google", google(403, closed), "not_allowed", /does not have the access.*enable the API.*no longer/],
    ["google", google(403, "Daily Limit Exceeded", { reason: "dailyLimitExceeded" }), "rate_limited", /midnight/],
    ["google", googleQuota("Queries per day"), "rate_limited", /Pacific Time, in about \d+ (hours|minutes)/],
    ["google", plain(410, "gone"), "unavailable", /2027/],
    ["brave", brave(422, "SUBSCRIPTION_TOKEN_INVALID"), "not_allowed", /^Brave: .*BRAVE_API_KEY/],
    ["brave", listed, "not_allowed", /BRAVE_API_KEY/],
    ["brave", braveInvalid("header", "x-subscription-token"), "not_allowed", /BRAVE_API_KEY/],
    ["brave", braveInvalid("query", "q"), "invalid_input", /400 characters and 50 words/],
    ["brave", brave(404, "SUBSCRIPTION_NOT_FOUND", { detail: "No subscription" }), "not_allowed", /No subscription/],
    ["brave", brave(429, "QUOTA_LIMITED"), "rate_limited", /quota.*next month/],
    ["brave", plain(418, "short and stout"), "provider_error", /answered 418/],
    ["tavily", tavily(401, "Unauthorized"), "not_allowed", /^Tavily: .*TAVILY_API_KEY/],
    ["tavily", tavily(432, planLimit), "rate_limited", /used up \(This request exceeds your plan's.*renewed/],
    ["tavily", tavily(433, "This request exceeds the limit."), "rate_limited", /paid as it is used/],
    ["tavily", tavily(400, queryTooLong), "invalid_input", /Query is too long/],
    ["tavily", { status: 403, body: { detail: "Forbidden" } }, "not_allowed", /Forbidden/],
    [
      "searxng",
      plain(403, "<title>403 Forbidden</title>"),
      "not_allowed",
      /^SearXNG: .*search\.formats.*settings\.yml/,
    ],
    ["searxng", plain(404, "Not Found"), "provider_error", /SEARXNG_URL/],
    ["searxng", plain(429, "Too Many Requests"), "rate_limited", /limiter\.toml/],
    ["searxng", plain(401, ""), "not_allowed", /https:\/\/name:password@/],
  ])("%s: %j", async (backend, refused, code, message) => {
    service.answers(refuse(refused));
    const error = await refusal(backend);
    expect([error.code, error.message]).toEqual([code, expect.stringMatching(message)]);
    expect(service.asked).toHaveLength(1);
  });
});

const windows = { "x-ratelimit-limit": "1, 2000", "x-ratelimit-reset": "1, 1419704" };

test("Brave's headers tell when the month's quota is renewed", async () => {
  service.answers(refuse(brave(429, "RATE_LIMITED"), { ...windows, "x-ratelimit-remaining": "1, 0" }));
  expect((await refusal("brave")).message).toMatch(/quota.*renewed, in 16 days/);
  expect(service.asked).toHaveLength(1);
});

describe("who asked too fast asks again when it may", () => {
  test.each<[BackendName, Refused, Record<string, string>]>([
    ["google", googleQuota("Queries per minute per user"), {}],
    ["brave", brave(429, "RATE_LIMITED"), { ...windows, "x-ratelimit-remaining": "0, 1985" }],
    ["tavily", tavily(429, "Your request has been blocked due to excessive requests."), { "retry-after": "1" }],
    ["searxng", plain(429, "Too Many Requests"), { "retry-after": "0" }],
  ])("%s", async (backend, refused, headers) => {
    service.answers(refuse(refused, headers), json(recorded(backend)));
    expect((await service.search(backend, { count: 2 })).hits).toHaveLength(2);
    expect(service.asked).toHaveLength(2);
  });

  test("but not when that is too long", async () => {
    service.answers(refuse(tavily(429, "blocked"), { "retry-after": "300" }));
    expect(await refusal("tavily")).toMatchObject({
      code: "rate_limited",
      message: expect.stringMatching(/in 5 minutes/),
    });
    expect(service.asked).toHaveLength(1);
  });

  test.each<[BackendName, Refused, ErrorCode, RegExp]>([
    ["tavily", tavily(429, "blocked"), "rate_limited", /in a minute/],
    ["brave", plain(503, "oops"), "provider_error", /503.*try again later/],
  ])("nor for ever: %s", async (backend, refused, code, message) => {
    service.answers(refuse(refused));
    expect(await refusal(backend)).toMatchObject({ code, message: expect.stringMatching(message) });
    expect(service.asked).toHaveLength(4);
  });
});

test("the other backends that are configured are named", async () => {
  service.answers(refuse(tavily(401, "Unauthorized")));
  expect((await refusal("tavily")).message).toMatch(/; or search with backend google or brave or searxng$/);
});

test("a refusal that repeats the key does not show it", async () => {
  service.answers(refuse(tavily(400, `no such key: ${testKeys.TAVILY_API_KEY}`)));
  expect((await refusal("tavily")).message).toMatch(/no such key: \*\*\*/);
});
