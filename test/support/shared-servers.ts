import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, onTestFinished } from "vitest";
import { engineFolder } from "../../src/engine/shared/folder.ts";
import { findEngines, stopEngine, type FoundEngine } from "../../src/engine/shared/status.ts";
import type { JsonObject } from "../../src/message.ts";
import { temporaryFolder } from "./config.ts";
import { builtCli, misbehaving, startServer, type RunningServer } from "./server.ts";

/** Servers of one user, who has a home of his own, and the engines that they share. */
export interface SharedServers {
  folder: string;
  /** With tools that misbehave, unless other arguments are given. */
  start(args?: string[], env?: Record<string, string>): RunningServer;
  engines(): Promise<FoundEngine[]>;
  /** The process of the one engine. */
  pid(): Promise<number>;
  /** Where the engines' files lie. */
  place: string;
  /** Run `axoner`; gives what it prints. */
  axoner(...args: string[]): Promise<string>;
}

export function openSharedServers(): SharedServers {
  const folder = temporaryFolder();
  const home = join(folder, "home");
  const place = engineFolder(home);
  const engines = () => findEngines(place);
  onTestFinished(async () => {
    await Promise.all((await engines()).map((found) => stopEngine(found.place)));
  });
  return {
    folder,
    place,
    engines,
    start: (args = ["--plugin", misbehaving], env = {}) =>
      startServer({ args, cwd: folder, env: { HOME: home, AXONER_SHARED_ENGINE: "auto", ...env } }),
    async pid() {
      const found = await engines();
      expect(found).toHaveLength(1);
      return found[0]?.status.pid ?? 0;
    },
    async axoner(...args) {
      const env = { HOME: home, PATH: process.env["PATH"] ?? "" };
      return (await promisify(execFile)(process.execPath, [builtCli, ...args], { cwd: folder, env })).stdout;
    },
  };
}

/** What a call that is answered with a job tells of it. */
export function jobOf(result: JsonObject): JsonObject & { job_id: string } {
  const told = result["structuredContent"] as JsonObject;
  expect(told).toMatchObject({ status: "running", job_id: expect.stringMatching(/^job_[0-9a-f]{32}$/) });
  return told as JsonObject & { job_id: string };
}
