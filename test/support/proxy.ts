import { once } from "node:events";
import { createServer as createHttp, type IncomingMessage } from "node:http";
import { createServer as createHttps } from "node:https";
import { connect, type AddressInfo, type Socket } from "node:net";
import type { Duplex } from "node:stream";

/** A forward proxy on loopback that tunnels, and what it was asked. */
export interface TestProxy {
  /** `127.0.0.1:PORT` */
  host: string;
  /** The request line and the credentials of each request. */
  asked: { line: string; authorization: string | undefined }[];
  close(): Promise<void>;
}

export interface TestProxyOptions {
  /** `USER:PASSWORD` that must be given. */
  credentials?: string;
  /** Answers every tunnel with this instead. */
  answer?: string;
  tls?: { cert: Buffer; key: Buffer };
}

export async function openTestProxy({ credentials, answer, tls }: TestProxyOptions = {}): Promise<TestProxy> {
  const asked: TestProxy["asked"] = [];
  const sockets = new Set<Socket>();
  const server = tls === undefined ? createHttp() : createHttps(tls);
  const wanted = credentials === undefined ? undefined : `Basic ${Buffer.from(credentials).toString("base64")}`;
  server.on("request", (request, response) => {
    asked.push({ line: `${request.method} ${request.url}`, authorization: request.headers["proxy-authorization"] });
    response.writeHead(501).end();
  });
  server.on("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.on("error", () => {});
  });
  server.on("connect", (request: IncomingMessage, client: Duplex) => {
    const authorization = request.headers["proxy-authorization"];
    asked.push({ line: `CONNECT ${request.url}`, authorization });
    client.on("error", () => {});
    if (answer !== undefined) return void client.end(answer);
    if (wanted !== undefined && authorization !== wanted)
      return void client.end("HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic\r\n\r\n");
    const { hostname, port } = new URL(`http://${request.url}`);
    const target = connect(Number(port || 80), hostname);
    sockets.add(target);
    target.on("error", () => client.end("HTTP/1.1 502 Bad Gateway\r\n\r\n"));
    target.once("connect", () => {
      client.write("HTTP/1.1 200 Connection Established\r\n\r\n");
      client.pipe(target).pipe(client);
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    host: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    async close() {
      const closed = once(server, "close");
      server.close();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}
