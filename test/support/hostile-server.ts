import { createServer, type AddressInfo, type Socket } from "node:net";
import { setTimeout as delay } from "node:timers/promises";

/** One way of answering a request that no honest server has. It may write to the connection for as long as that is open. */
export type HostileAnswer = (socket: Socket, path: string) => void | Promise<void>;

/** A server on plain TCP, so that it may break every rule of HTTP. */
export interface HostileServer {
  /** `http://127.0.0.1:PORT` */
  origin: string;
  /** `127.0.0.1:PORT` */
  host: string;
  /** The paths that were asked for, in order. */
  requested: string[];
  connections(): number;
  openSockets(): number;
  close(): Promise<void>;
}

/** Answers by the first part of the path: `/case/7?x` is as `/case`. What it does not know is 404, robots.txt included. */
export async function openHostileServer(cases: Record<string, HostileAnswer>): Promise<HostileServer> {
  const answers = new Map(Object.entries(cases));
  const sockets = new Set<Socket>();
  const requested: string[] = [];
  let connections = 0;
  const server = createServer((socket) => {
    connections += 1;
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
    socket.on("error", () => {}); // visitors that break off are what this is for
    let head = "";
    socket.on("data", (chunk) => {
      head += chunk.toString("latin1");
      for (let end = head.indexOf("\r\n\r\n"); end >= 0; end = head.indexOf("\r\n\r\n")) {
        const path = head.split(" ", 2)[1] ?? "";
        head = head.slice(end + 4);
        requested.push(path);
        const answer = answers.get(/^\/([^/?]*)/.exec(path)?.[1] ?? "") ?? notFound;
        void Promise.resolve(answer(socket, path)).catch(() => socket.destroy());
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    origin: `http://127.0.0.1:${port}`,
    host: `127.0.0.1:${port}`,
    requested,
    connections: () => connections,
    openSockets: () => sockets.size,
    async close() {
      const closed = new Promise((resolve) => server.close(resolve));
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

const notFound: HostileAnswer = (socket) => void socket.write("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n");

/** Write at the pace at which it is taken. False once the visitor is gone. */
export async function send(socket: Socket, bytes: Uint8Array | string): Promise<boolean> {
  if (socket.destroyed) return false;
  if (socket.write(bytes)) return true;
  while (!socket.destroyed && socket.writableNeedDrain) await delay(1);
  return !socket.destroyed;
}

/** A reply whose head is honest. */
export function page(body: Uint8Array | string, headers: Record<string, string> = {}): HostileAnswer {
  return (socket) => {
    const bytes = typeof body === "string" ? Buffer.from(body) : body;
    const lines = Object.entries({
      "Content-Type": "text/html",
      "Content-Length": String(bytes.byteLength),
      ...headers,
    });
    socket.write(`HTTP/1.1 200 OK\r\n${lines.map(([name, value]) => `${name}: ${value}\r\n`).join("")}\r\n`);
    socket.write(bytes);
  };
}
