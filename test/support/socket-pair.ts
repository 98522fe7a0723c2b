import { once } from "node:events";
import { connect, createServer, type AddressInfo, type Socket } from "node:net";

/** Two ends of a real connection. */
export async function socketPair(): Promise<[Socket, Socket]> {
  const listener = createServer().listen(0, "127.0.0.1");
  await once(listener, "listening");
  const client = connect((listener.address() as AddressInfo).port, "127.0.0.1");
  const [server] = (await once(listener, "connection")) as [Socket];
  listener.close();
  return [client, server];
}
