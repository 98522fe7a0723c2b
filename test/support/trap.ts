import { createSocket } from "node:dgram";
import { once } from "node:events";
import { createServer, type AddressInfo } from "node:net";

/** A loopback port that nothing may reach, over TCP or UDP, and how often something did. */
export interface Trap {
  port: number;
  sprung: () => string[];
  close(): Promise<void>;
}

export async function openTrap(): Promise<Trap> {
  const sprung: string[] = [];
  const tcp = createServer((socket) => {
    sprung.push("tcp");
    socket.on("error", () => {});
    socket.on("data", (bytes) => void sprung.push(bytes.toString("latin1").slice(0, 80)));
  });
  tcp.listen(0, "127.0.0.1");
  await once(tcp, "listening");
  const { port } = tcp.address() as AddressInfo;
  const udp = createSocket("udp4", () => void sprung.push("udp"));
  udp.bind(port, "127.0.0.1");
  await once(udp, "listening");
  return {
    port,
    sprung: () => sprung,
    async close() {
      udp.close();
      tcp.close();
      await once(tcp, "close");
    },
  };
}
