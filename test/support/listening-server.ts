import { spawn } from "node:child_process";
import { once } from "node:events";
import { onTestFinished } from "vitest";

export interface ServerCommand {
  command: string;
  args: string[];
  cwd: string;
  env: Record<string, string>;
}

/** Start the built server on a port of its own, and give its address; it is stopped when the test is done. */
export async function startListening({ command, args, cwd, env }: ServerCommand): Promise<URL> {
  const server = spawn(command, [...args, "--http", "127.0.0.1:0"], { cwd, env, stdio: ["ignore", "ignore", "pipe"] });
  onTestFinished(async () => {
    const gone = once(server, "exit");
    server.kill("SIGTERM");
    await gone;
  });
  for await (const line of server.stderr) {
    const [, url] = /axoner listens on (http:\S+\/mcp)/.exec(String(line)) ?? [];
    if (url !== undefined) return new URL(url);
  }
  throw new Error("the server did not listen");
}
