import { execFile, spawnSync } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Service } from "./service.ts";

const root = join(import.meta.dirname, "../..");

/** From spawn to exit of a Node that does nothing, in ms. */
export async function bareNode(): Promise<number> {
  const started = performance.now();
  spawnSync(process.execPath, ["-e", "0"]);
  return performance.now() - started;
}

/** From the start of `axoner run` to its first request, in ms. The conversation is none that the service knows: it refuses it. */
export async function commandStart(folder: string, service: Service): Promise<number> {
  await service.reset();
  const workspace = await mkdtemp(join(folder, "workspace-"));
  const command = ["run", "hello", "--provider", "openai-chat", "--model", "mock", "--base-url", service.baseUrl];
  const started = performance.timeOrigin + performance.now();
  try {
    const args = [join(root, "dist/cli.js"), ...command, "--workspace", workspace];
    await promisify(execFile)(process.execPath, args).catch(() => undefined);
    return (await service.report()).first_request_ms - started;
  } finally {
    await rm(workspace, { recursive: true, force: true });
  }
}
