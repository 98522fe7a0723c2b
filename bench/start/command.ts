import { execFile } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:http";
import { join } from "node:path";
import { promisify } from "node:util";

/**
 * From the start of `axoner run` to its first request to a model, in ms. The model is a server here that refuses what it
 * is asked, so that the run ends.
 *
 * @param folder where a workspace is made, and removed
 */
export async function timeToRequest(cli: string, folder: string): Promise<number> {
  const workspace = await mkdtemp(join(folder, "workspace-"));
  let askedAt = Number.NaN;
  const server = createServer((request, response) => {
    askedAt = performance.now();
    request.resume();
    response.writeHead(400, { "content-type": "application/json" }).end('{"error": {"message": "no"}}');
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  const model = ["--provider", "openai-chat", "--model", "mock", "--base-url", `http://127.0.0.1:${port}/v1`];
  const startedAt = performance.now();
  try {
    const args = [cli, "run", "hello", ...model, "--workspace", workspace];
    await promisify(execFile)(process.execPath, args, { cwd: folder }).catch(() => undefined); // it was refused
    return askedAt - startedAt;
  } finally {
    server.closeAllConnections();
    server.close();
    await rm(workspace, { recursive: true, force: true });
  }
}
