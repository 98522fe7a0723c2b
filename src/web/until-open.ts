import type { Socket } from "node:net";

const connectLimitMs = 10_000;

/** Wait until a socket is connected. @throws the error that keeps it from that, `ETIMEDOUT` for one that takes too long */
export function untilOpen<Kind extends Socket>(socket: Kind, opened: "connect" | "secureConnect"): Promise<Kind> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => socket.destroy(new ConnectTimeout()), connectLimitMs);
    socket.once(opened, () => {
      clearTimeout(timer);
      resolve(socket);
    });
    // Stays on: undici adds its own listener later, and an error in between must not be without one.
    socket.on("error", (cause) => {
      clearTimeout(timer);
      reject(cause);
    });
  });
}

class ConnectTimeout extends Error {
  readonly code = "ETIMEDOUT";
  override message = `no connection within ${connectLimitMs / 1_000} s`;
}
