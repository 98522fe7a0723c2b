import { connect } from "node:net";
import { once } from "node:events";
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
    const url = await startEndpoint({ limits: { maxSessions: 2 } });
    const [first] = [await beginSession(url), await beginSession(url)];
    const refused = await post(url, initialize);
    expect([refused.status, refused.headers.get("retry-after")]).toEqual([503, "60"]);
    await fetch(url, { method: "DELETE", headers: first });
    expect((await post(url, initialize)).status).toBe(200);
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
