import { connect } from "node:net";
import { once } from "node:events";
import { request as ask, type IncomingMessage } from "node:http";
import { setTimeout as delay } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { beginSession, initialize, post, startEndpoint } from "../support/http-endpoint.ts";

const mebibyte = 1024 * 1024;
const listTools = { jsonrpc: "2.0", id: 2, method: "tools/list" };

function callEcho(text: string) {
  return { jsonrpc: "2.0", id: 3, method: "tools/call", params: { name: "echo", arguments: { text } } };
}

describe("who may ask", () => {
  test("a page of another site may not, whatever name it has the server under", async () => {
    const url = await startEndpoint();
    expect((await post(url, initialize, { origin: "https://evil.example" })).status).toBe(403);
    expect((await post(url, initialize, { origin: "null" })).status).toBe(403);
    expect((await post(url, initialize, { origin: "http://localhost:3000" })).status).toBe(200);
    expect(await raw(url, "POST /mcp HTTP/1.1\r\nHost: evil.example\r\nContent-Length: 0\r\n\r\n")).toMatch(
      /^HTTP\/1.1 403 /,
    );
  });

  test("a page of this machine is let to ask by its browser, and no other", async () => {
    const url = await startEndpoint({ token: "correct horse" });
    const preflight = (origin: string) =>
      fetch(url, { method: "OPTIONS", headers: { origin, "access-control-request-method": "POST" } });
    const own = await preflight("http://localhost:3000");
    expect(own.status).toBe(204);
    expect(own.headers.get("access-control-allow-origin")).toBe("http://localhost:3000");
    expect(own.headers.get("access-control-allow-headers")).toContain("authorization, content-type");
    const other = await preflight("https://evil.example");
    expect([other.status, other.headers.get("access-control-allow-origin")]).toEqual([403, null]);
    const headers = { origin: "http://localhost:3000", authorization: "Bearer correct horse" };
    const answer = await post(url, initialize, headers);
    expect(answer.headers.get("access-control-allow-origin")).toBe("http://localhost:3000");
    expect(answer.headers.get("access-control-expose-headers")).toContain("mcp-session-id");
    expect((await post(url, initialize)).headers.get("access-control-allow-origin")).toBeNull();
  });

  test("with a token only who shows it", async () => {
    const url = await startEndpoint({ token: "correct horse" });
    const refused = await post(url, initialize);
    expect(refused.status).toBe(401);
    expect(refused.headers.get("www-authenticate")).toBe('Bearer realm="axoner"');
    expect((await post(url, initialize, { authorization: "Bearer wrong" })).status).toBe(401);
    expect((await post(url, initialize, { authorization: "Basic correct horse" })).status).toBe(401);
    expect((await post(url, initialize, { authorization: "Bearer correct horse" })).status).toBe(200);
  });

  test("who guesses tokens or asks without pause is told to wait", async () => {
    const url = await startEndpoint({ token: "correct horse", requestsPerSecond: 10 });
    await post(url, initialize, { authorization: "Bearer wrong" });
    const refused = await post(url, initialize, { authorization: "Bearer correct horse" });
    expect(refused.status).toBe(429);
    expect(Number(refused.headers.get("retry-after"))).toBeGreaterThan(0);
  });

  test("whether it lives is told to everyone, and nothing else", async () => {
    const url = await startEndpoint({ token: "correct horse" });
    const health = await fetch(new URL("/health", url));
    expect([health.status, await health.json()]).toEqual([200, { status: "ok" }]);
  });
});

describe("sessions", () => {
  test("one that was guessed, has ended or was never begun is no session", async () => {
    const url = await startEndpoint();
    const session = await beginSession(url);
    expect((await post(url, listTools, session)).status).toBe(200);
    expect((await post(url, listTools)).status).toBe(400);
    expect((await post(url, listTools, { "mcp-session-id": crypto.randomUUID() })).status).toBe(404);
    expect((await fetch(url, { method: "DELETE", headers: session })).status).toBe(200);
    expect((await post(url, listTools, session)).status).toBe(404);
  });

  test("there are only so many, and one that ends makes room", async () => {
    const url = await startEndpoint({ limits: { maxSessions: 2, maxOfAddress: 2 } });
    const [first] = [await beginSession(url), await beginSession(url)];
    const refused = await post(url, initialize);
    expect([refused.status, refused.headers.get("retry-after")]).toEqual([503, "60"]);
    await fetch(url, { method: "DELETE", headers: first });
    expect((await post(url, initialize)).status).toBe(200);
  });

  test("one more ends the one that is idle for the longest time", async () => {
    const url = await startEndpoint({ limits: { maxSessions: 2, maxOfAddress: 2, sparedMs: 0 } });
    const [first, second] = [await beginSession(url), await beginSession(url)];
    await (await post(url, listTools, first)).text();
    const third = await beginSession(url);
    const statuses = await Promise.all(
      [first, second, third].map(async (own) => (await post(url, listTools, own)).status),
    );
    expect(statuses).toEqual([200, 404, 200]);
  });

  test("an address has its share, and leaves the others theirs", async () => {
    const url = await startEndpoint({ limits: { maxSessions: 4 } });
    expect(await Promise.all([1, 2, 3].map(() => beginFrom(url, "127.0.0.2")))).toContain(503);
    expect([await beginFrom(url, "127.0.0.3"), await beginFrom(url, "127.0.0.3")]).toEqual([200, 200]);
  });

  test("a second request of an id in flight is refused, and the first keeps its answer", async () => {
    const url = await startEndpoint();
    const session = await beginSession(url);
    const linger = { jsonrpc: "2.0", id: 7, method: "tools/call", params: { name: "linger", arguments: { ms: 500 } } };
    const first = await post(url, linger, session); // its head is here: the call is in flight
    const second = await post(url, { ...listTools, id: 7 }, session);
    expect([second.status, await second.text()]).toEqual([400, expect.stringContaining("the id 7 is in use")]);
    expect(await first.text()).toContain('"id":7');
    expect((await post(url, { ...listTools, id: 7 }, session)).status).toBe(200);
    expect((await post(url, [listTools, listTools], session)).status).toBe(400);
  });

  test("a request that was refused or cancelled leaves its id", async () => {
    const url = await startEndpoint();
    const session = await beginSession(url);
    expect((await post(url, listTools, { ...session, accept: "text/html" })).status).toBe(406);
    const waiting = await post(url, { jsonrpc: "2.0", id: 2, method: "tools/call", params: { name: "wait" } }, session);
    const cancelled = { jsonrpc: "2.0", method: "notifications/cancelled", params: { requestId: 2 } };
    expect((await post(url, cancelled, session)).status).toBe(202);
    expect(await waiting.text()).not.toContain('"id":2');
    expect((await post(url, listTools, session)).status).toBe(200);
  });

  test("one that nobody uses ends by itself", async () => {
    const url = await startEndpoint({ limits: { idleMs: 40 } });
    const session = await beginSession(url);
    await expect
      .poll(async () => (await fetch(url, { method: "DELETE", headers: session })).status, { interval: 200 })
      .toBe(404);
  });

  test("200 clients at once each get their own answers", async () => {
    const url = await startEndpoint();
    const answers = await Promise.all(
      Array.from({ length: 200 }, async (_, at) => {
        const session = await beginSession(url);
        const replies = await Promise.all(
          [0, 1, 2].map(async (n) => (await post(url, callEcho(`${at}.${n}`), session)).text()),
        );
        return replies.every((reply, n) => reply.includes(`"text":"${at}.${n}"`));
      }),
    );
    expect(answers.filter((isOwn) => isOwn)).toHaveLength(200);
  });
});

describe("what is no request", () => {
  test.each([
    ["another content type", { "content-type": "text/plain" }, "{}", 415],
    ["no JSON", {}, "{ no", 400],
    ["JSON that is no message", {}, '"hello"', 400],
    ["an empty batch", {}, "[]", 400],
  ])("%s", async (_what, headers, body, status) => {
    const url = await startEndpoint();
    expect((await post(url, body, headers)).status).toBe(status);
  });

  test("a body of a gigabyte is refused by its first line", async () => {
    const url = await startEndpoint();
    const head =
      "POST /mcp HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 1000000000\r\n\r\n";
    expect(await raw(url, head)).toMatch(/^HTTP\/1.1 413 /);
  });

  test.each([
    ["says its length", () => new Uint8Array(20 * mebibyte).fill(32)],
    ["says nothing of its length", () => new Blob([new Uint8Array(20 * mebibyte).fill(32)]).stream()],
  ])("a body that is too long and %s is refused in words", async (_what, body) => {
    const url = await startEndpoint();
    const headers = { "content-type": "application/json" };
    const answer = await fetch(url, { method: "POST", headers, body: body(), duplex: "half" });
    expect([answer.status, await answer.text()]).toEqual([413, expect.stringContaining("at most 16 MiB")]);
    expect((await post(url, initialize)).status).toBe(200);
  });

  test.each([
    ["16 MiB are read", {}, 413],
    ["its sender has shown no token", { token: "correct horse" }, 401],
  ])("a body without an end is refused when %s, and taken for 32 MiB more", async (_what, options, status) => {
    const url = await startEndpoint(options);
    const { answer, sentBytes } = await sendForEver(url);
    expect(answer).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
    // besides what it takes, what lies in the buffers of both sockets
    expect(sentBytes).toBeLessThan(64 * mebibyte);
    const token = { authorization: "Bearer correct horse" };
    expect((await post(url, initialize, token)).status).toBe(200);
  });

  test("another path", async () => {
    const url = await startEndpoint();
    expect((await post(new URL("/sse", url).href, initialize)).status).toBe(404);
  });

  test.each([
    ["/mcp", "PUT", 405, "GET, POST, DELETE"],
    ["/mcp", "OPTIONS", 405, "GET, POST, DELETE"],
    ["/health", "POST", 405, "GET, HEAD"],
    ["/health", "HEAD", 200, null],
  ])("%s by %s is %i", async (path, method, status, allow) => {
    const answer = await fetch(new URL(path, await startEndpoint()), { method });
    expect([answer.status, answer.headers.get("allow")]).toEqual([status, allow]);
  });

  test("half a head is cut soon after its time", async () => {
    const url = await startEndpoint({ headTimeoutMs: 100 });
    expect(await raw(url, "POST /mcp HTTP/1.1\r\nHost: loc")).toMatch(/^HTTP\/1.1 408 /);
  });

  test("half a request keeps nobody else from being answered", async () => {
    const url = await startEndpoint();
    const half = connect(Number(new URL(url).port), "127.0.0.1");
    half.write(
      "POST /mcp HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{",
    );
    await once(half, "connect");
    expect((await post(url, initialize)).status).toBe(200);
    half.destroy();
  });
});

/** Send a body that would never end, until the connection is closed; at most 80 MiB of it. */
async function sendForEver(url: string): Promise<{ answer: string; sentBytes: number }> {
  const socket = connect(Number(new URL(url).port), "127.0.0.1");
  let answer = "";
  socket.on("data", (piece) => (answer += String(piece)));
  const closed = new Promise<void>((resolve) => socket.once("close", () => resolve()));
  socket.on("error", () => undefined); // the connection is reset below what is being written
  socket.write(
    "POST /mcp HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n",
  );
  const piece = Buffer.concat([Buffer.from("100000\r\n"), Buffer.alloc(mebibyte, 32), Buffer.from("\r\n")]);
  let sentBytes = 0;
  while (!socket.destroyed && sentBytes < 80 * mebibyte) {
    sentBytes += mebibyte;
    if (!socket.write(piece)) await Promise.race([closed, new Promise((resolve) => socket.once("drain", resolve))]);
  }
  await Promise.race([closed, delay(5_000)]);
  expect(socket.destroyed, "it was closed").toBe(true);
  return { answer, sentBytes };
}

async function raw(url: string, request: string): Promise<string> {
  const socket = connect(Number(new URL(url).port), "127.0.0.1");
  socket.write(request);
  const [answer] = (await once(socket, "data")) as [Buffer];
  socket.destroy();
  return answer.toString();
}

/** Begin a session from an address of this machine, and give the status. */
async function beginFrom(url: string, localAddress: string): Promise<number | undefined> {
  const headers = { "content-type": "application/json", accept: "application/json, text/event-stream" };
  const asking = ask(url, { method: "POST", localAddress, headers });
  asking.end(JSON.stringify(initialize));
  const [answer] = (await once(asking, "response")) as [IncomingMessage];
  await answer.resume().toArray();
  return answer.statusCode;
}
