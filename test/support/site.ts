import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";

export type Route = (response: ServerResponse, request: IncomingMessage) => void;

/** A web site on the loopback interface, and what it saw of its visitors. */
export interface Site {
  /** `http://127.0.0.1:PORT` */
  origin: string;
  /** `127.0.0.1:PORT` */
  host: string;
  /** The paths that were requested, in order. */
  requested: string[];
  /** The most requests that were under way at a time. */
  busiest(): number;
  openSockets(): number;
  close(): Promise<void>;
}

/** A page or a text is answered as HTML; what is not among the routes, robots.txt included, is 404. */
export async function openSite(routes: Record<string, Route | string>): Promise<Site> {
  const sockets = new Set<Socket>();
  const requested: string[] = [];
  let busy = 0;
  let busiest = 0;
  const server = createServer((request, response) => {
    const path = request.url ?? "";
    requested.push(path);
    busy += 1;
    busiest = Math.max(busiest, busy);
    response.on("close", () => (busy -= 1));
    const route = routes[path.split("?", 1)[0] ?? ""];
    if (typeof route === "function") route(response, request);
    else if (route === undefined) response.writeHead(404).end("nothing here");
    else response.writeHead(200, { "content-type": "text/html; charset=utf-8" }).end(route);
  });
  server.on("connection", (socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
    // Visitors that break off are part of the tests.
    socket.on("error", () => {});
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    origin: `http://127.0.0.1:${port}`,
    host: `127.0.0.1:${port}`,
    requested,
    busiest: () => busiest,
    openSockets: () => sockets.size,
    async close() {
      const closed = new Promise((resolve) => server.close(resolve));
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

/** Answer with these bytes under a content type. */
export function reply(body: Uint8Array | string, headers: Record<string, string> = {}, status = 200): Route {
  return (response) => void response.writeHead(status, { "content-type": "text/html", ...headers }).end(body);
}

/** Write these bytes to the connection instead of a reply, then `more` for as long as it takes them. */
export function raw(start: string, more?: string): Route {
  return ({ socket }) => {
    if (socket === null) return;
    socket.write(start, "latin1");
    if (more === undefined) return;
    const timer = setInterval(() => socket.write(more, "latin1"), 5);
    socket.on("close", () => clearInterval(timer));
  };
}

/** A page that never ends, as fast as the connection takes it. */
export const endless: Route = (response) => {
  response.writeHead(200, { "content-type": "text/html" });
  const chunk = Buffer.alloc(1_000_000, "a");
  const more = () => void response.write(chunk, () => setImmediate(more));
  more();
};
