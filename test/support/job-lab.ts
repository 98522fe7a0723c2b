import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished } from "vitest";
import type { Engine } from "../../src/engine/engine.ts";
import { openJobFiles } from "../../src/engine/jobs/job-files.ts";
import { keepJobs } from "../../src/engine/jobs/keep-jobs.ts";
import { openLocalEngine } from "../../src/engine/local.ts";
import type { JsonObject } from "../../src/message.ts";
import type { Services } from "../../src/tools/services.ts";
import { temporaryFolder } from "./config.ts";
import * as tools from "./engine-tools.ts";

export interface JobLab {
  /** Keeps jobs of tools that misbehave. Closed when the test is done. */
  engine: Engine;
  /** By whom the one job there is was ended, where that was not the job itself. */
  interrupted(): unknown;
}

export function openJobLab(): JobLab {
  const workspace = join(temporaryFolder(), ".axoner");
  const local = openLocalEngine({ tools: Object.values(tools), services: () => ({}) as Services });
  const engine = keepJobs({ engine: local, files: async () => openJobFiles(workspace) });
  onTestFinished(() => engine.close());
  return {
    engine,
    interrupted() {
      const jobs = readJobs(workspace);
      expect(jobs).toHaveLength(1);
      return jobs[0]?.["interrupted"];
    },
  };
}

/** What the files of a workspace say of its jobs. */
export function readJobs(workspace: string): JsonObject[] {
  const folder = join(workspace, "jobs");
  const names = readdirSync(folder).filter((name) => /^job_\w+\.json$/.test(name));
  return names.map((name) => JSON.parse(readFileSync(join(folder, name), "utf8")) as JsonObject);
}

/** For what takes no time, on a machine that has other things to do. */
export const patient = { timeout: 15_000 };

/** What a job of `wait` says that was given up by its caller, or went on until its engine was closed. */
export const givenUp = "wait was cancelled";
export const wentOn = "wait was interrupted: its engine was stopped";
