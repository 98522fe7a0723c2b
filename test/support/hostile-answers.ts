import type { Socket } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { page, send, type HostileAnswer } from "./hostile-server.ts";

const hello = "<title>T</title><p>hello";
const head = "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n";

/** Write these bytes, then end the connection or leave it as it is. */
function write(text: string, then: "end" | "stay" = "stay"): HostileAnswer {
  return (socket) => {
    socket.write(text, "latin1");
    if (then === "end") socket.end();
  };
}

/** Write a start, then a piece again and again, as long as somebody reads. */
function forever(start: string, piece: string, everyMs = 0): HostileAnswer {
  return async (socket) => {
    let open = await send(socket, start);
    while (open) {
      if (everyMs > 0) await delay(everyMs);
      open = await send(socket, piece);
    }
  };
}

const everySecond = 1_000;
const chunk = "10000\r\n" + "a".repeat(0x10000) + "\r\n";
let visits = 0;

/** What no reader of the protocol may wait for, or believe. */
export const brokenProtocol: Record<string, HostileAnswer> = {
  silent: () => {},
  "drip-body": forever(`${head}Content-Length: 100000\r\n\r\n`, "a", everySecond),
  "drip-chunks": forever(`${head}Transfer-Encoding: chunked\r\n\r\n`, "1\r\na\r\n", everySecond),
  "drip-headers": forever("HTTP/1.1 200 OK\r\n", "X-A: b\r\n", everySecond),
  "drip-header": forever("HTTP/1.1 200 OK\r\nX-A: ", "a", everySecond),
  "drip-status": forever("H", "T", everySecond),
  "endless-header": forever("HTTP/1.1 200 OK\r\nX-A: ", "a".repeat(65_536)),
  "endless-headers": forever("HTTP/1.1 200 OK\r\n", "X-A: b\r\n".repeat(1_000)),
  "endless-status": forever("HTTP/1.1 200 ", "a".repeat(65_536)),
  "endless-interim": forever("", "HTTP/1.1 103 Early Hints\r\nLink: <a>\r\n\r\n".repeat(100), 1),
  "endless-trailers": forever(`${head}Transfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n`, "X-A: b\r\n".repeat(1_000)),
  "endless-extension": forever(`${head}Transfer-Encoding: chunked\r\n\r\n1;`, "a".repeat(65_536)),
  "endless-body": forever(`${head}\r\n`, "a".repeat(65_536)),
  "endless-chunks": forever(`${head}Transfer-Encoding: chunked\r\n\r\n`, chunk),
  "length-too-long": write(`${head}Content-Length: 1000\r\n\r\n${hello}`, "end"),
  "length-too-short": write(`${head}Content-Length: 10\r\n\r\n${hello}`, "end"),
  "length-too-long-open": write(`${head}Content-Length: 1000\r\n\r\n${hello}`),
  "length-too-short-open": write(`${head}Content-Length: 10\r\n\r\n${hello}`),
  "length-negative": write(`${head}Content-Length: -1\r\n\r\n${hello}`, "end"),
  "length-huge": write(`${head}Content-Length: 99999999999999999999999\r\n\r\n${hello}`, "end"),
  "length-twice": write(`${head}Content-Length: 24\r\nContent-Length: 5\r\n\r\n${hello}`, "end"),
  "length-and-chunks": write(`${head}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`, "end"),
  "chunk-size-wrong": write(`${head}Transfer-Encoding: chunked\r\n\r\nzz\r\n${hello}\r\n0\r\n\r\n`, "end"),
  "chunk-size-huge": write(`${head}Transfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n${hello}`, "end"),
  "chunk-cut": write(`${head}Transfer-Encoding: chunked\r\n\r\n18\r\n<title>T`, "end"),
  "chunks-unended": write(`${head}Transfer-Encoding: chunked\r\n\r\n18\r\n${hello}\r\n`, "end"),
  "garbage-after": write(`${head}Content-Length: 24\r\n\r\n${hello}\0\xffHTTP/9.9 what\r\n\r\n`),
  "reply-after": write(`${head}Content-Length: 24\r\n\r\n${hello}${head}Content-Length: 4\r\n\r\nevil`),
  "no-http": write("SSH-2.0-OpenSSH_9.9\r\n"),
  "http-0.9": write(hello, "end"),
  "status-odd": write(`HTTP/1.1 999 ${"x".repeat(5_000)}\r\nContent-Length: 0\r\n\r\n`),
  "header-null": write(`${head}X-A: \0\r\n\r\n${hello}`, "end"),
  "header-folded": write(`${head}X-A: b\r\n c\r\nContent-Length: 24\r\n\r\n${hello}`),
  "switching-protocols": write("HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\nConnection: upgrade\r\n\r\n"),
  "closes-at-once": (socket) => void socket.end(),
  resets: (socket) => void socket.resetAndDestroy(),
  "resets-half-way": (socket) =>
    void socket.write(`${head}Content-Length: 1000\r\n\r\nhalf`, () => socket.resetAndDestroy()),
  loop: write("HTTP/1.1 302 Found\r\nLocation: /loop\r\nContent-Length: 0\r\n\r\n"),
  "loop-of-two": (socket, path) => redirect(socket, `/loop-of-two?${path.endsWith("?a") ? "b" : "a"}`),
  redirects: (socket, path) => {
    const left = Number(/\d+/.exec(path)?.[0] ?? 0);
    return left === 0 ? page(hello)(socket, path) : redirect(socket, `/redirects/${left - 1}`);
  },
  "redirects-on": (socket) => redirect(socket, `/redirects-on?${(visits += 1)}`),
  "redirects-far": (socket) => redirect(socket, `/${"a".repeat(60_000)}`),
  "other-each-time": (socket, path) => {
    visits += 1;
    if (visits % 3 === 0) return void socket.resetAndDestroy();
    if (visits % 3 === 1) return void socket.write("HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n");
    return page(`<p>answer ${visits}`)(socket, path);
  },
};

function redirect(socket: Socket, to: string): void {
  socket.write(`HTTP/1.1 302 Found\r\nLocation: ${to}\r\nContent-Length: 0\r\n\r\n`);
}
