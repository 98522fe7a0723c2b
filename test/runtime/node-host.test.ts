import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { gzipSync } from "node:zlib";
import { expect, onTestFinished, test } from "vitest";
import type { BodyReader, HostResponse } from "../../src/host.ts";
import { openNodeHost } from "../../src/runtime/node-host.ts";

/** A host, and a server that answers like this. */
async function start(answer: (response: ServerResponse, request: IncomingMessage) => void) {
  const sockets = new Set<object>();
  const server = createServer((request, response) => answer(response, request));
  let connections = 0;
  server.on("connection", (socket) => {
    connections += 1;
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const host = openNodeHost();
  onTestFinished(async () => {
    await host.close();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/path?query=1`;
  return {
    ask: (signal = new AbortController().signal) =>
      host.fetch(url, { method: "POST", headers: { "content-type": "text/plain" }, body: "hello", signal }),
    open: () => sockets.size,
    connections: () => connections,
  };
}

function readerOf({ body }: HostResponse): BodyReader {
  if (body === null) throw new Error("there is no body");
  return body.getReader();
}

async function readAll(response: HostResponse): Promise<Buffer> {
  const reader = readerOf(response);
  const pieces: Uint8Array[] = [];
  for (let piece = await reader.read(); !piece.done; piece = await reader.read()) pieces.push(piece.value);
  return Buffer.concat(pieces);
}

test("a reply that was read to its end leaves its connection to the next request", async () => {
  const { ask, connections } = await start((response, request) => {
    response.writeHead(201, { "x-path": request.url ?? "" });
    request.pipe(response);
  });
  for (let time = 0; time < 3; time += 1) {
    const response = await ask();
    expect(response).toMatchObject({ status: 201, ok: true });
    expect(response.headers.get("x-path")).toBe("/path?query=1");
    expect((await readAll(response)).toString()).toBe("hello");
  }
  expect(connections()).toBe(1);
});

test("many that each ask again as soon as they are answered hold one connection each", async () => {
  const { ask, connections } = await start((response) => void response.end("whole"));
  const askTwice = async () => {
    await readAll(await ask());
    await readAll(await ask());
  };
  await Promise.all(Array.from({ length: 50 }, askTwice));
  expect(connections()).toBe(50);
});

test("a redirect is returned and not followed", async () => {
  const { ask } = await start((response) => response.writeHead(302, { location: "http://10.0.0.1/" }).end());
  const response = await ask();
  expect(response).toMatchObject({ status: 302, ok: false });
  expect(response.headers.get("location")).toBe("http://10.0.0.1/");
});

test("an abort before the reply rejects with its reason and closes the connection", async () => {
  const { ask, open } = await start(() => undefined);
  const controller = new AbortController();
  const response = ask(controller.signal);
  await expect.poll(open).toBe(1);
  const reason = new Error("enough");
  controller.abort(reason);
  await expect(response).rejects.toBe(reason);
  await expect.poll(open).toBe(0);
});

test("an abort in the middle of a reply fails the read with its reason and closes the connection", async () => {
  const { ask, open } = await start((response) => response.writeHead(200).write("half"));
  const controller = new AbortController();
  const reader = readerOf(await ask(controller.signal));
  expect(Buffer.from((await reader.read()).value ?? []).toString()).toBe("half");
  const rest = reader.read();
  const reason = new Error("enough");
  controller.abort(reason);
  await expect(rest).rejects.toBe(reason);
  await expect.poll(open).toBe(0);
});

test("a signal that has aborted already sends nothing", async () => {
  const { ask, connections } = await start((response) => response.end());
  await expect(ask(AbortSignal.abort(new Error("enough")))).rejects.toThrow("enough");
  expect(connections()).toBe(0);
});

test("whoever cancels in the middle of a reply closes its connection", async () => {
  const { ask, open } = await start((response) => response.writeHead(200).write("half"));
  const reader = readerOf(await ask());
  await reader.read();
  await reader.cancel();
  expect(await reader.read()).toMatchObject({ done: true });
  await expect.poll(open).toBe(0);
});

test("a connection that breaks in the middle of a reply fails the read", async () => {
  const { ask } = await start((response) => {
    response.writeHead(200, { "content-length": "100" }).write("half");
    setTimeout(() => response.destroy(), 20);
  });
  await expect(readAll(await ask())).rejects.toThrow(Error);
});

test("a service that compresses unasked is understood", async () => {
  const { ask } = await start((response) => {
    const packed = gzipSync("hello again");
    response.writeHead(200, { "content-encoding": "gzip" }).write(packed.subarray(0, 7));
    response.end(packed.subarray(7));
  });
  expect((await readAll(await ask())).toString()).toBe("hello again");
});

test("a sender waits for a reader that is slow, and nothing is lost", async () => {
  const size = 64_000_000;
  let sent = 0;
  const { ask } = await start((response) => {
    const block = Buffer.alloc(1 << 16, "x");
    const send = () => {
      while (sent < size) {
        const piece = block.subarray(0, size - sent);
        sent += piece.length;
        if (!response.write(piece)) return void response.once("drain", send);
      }
      response.end();
    };
    send();
  });
  const response = await ask();
  let before = -1;
  // until nothing more is taken from it
  while (sent !== before) {
    before = sent;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  expect(sent).toBeLessThan(size);
  expect((await readAll(response)).length).toBe(size);
});
