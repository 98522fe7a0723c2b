import type { Config } from "../config.ts";
import { isOffered } from "../config/offered.ts";
import type { Engine } from "../engine/engine.ts";
import job from "../engine/jobs/job.generated.json" with { type: "json" };
import type { JobFiles } from "../engine/jobs/job-files.ts";
import { openLocalEngine } from "../engine/local.ts";
import { once } from "../once.ts";
import { lazyTool } from "../tools/lazy-tool.ts";

/** The jobs of the configuration's workspace, opened by the first that there is, or that is asked for. */
export function lazyJobFiles({ workspace }: Pick<Config, "workspace">): () => Promise<JobFiles> {
  return once(async () => (await import("../engine/jobs/job-files.ts")).openJobFiles(workspace)).get;
}

/** Whether `job` may be called, without which no call becomes one. It belongs to every tool that takes long. */
export function offersJobs(config: Pick<Config, "tools" | "no_tools">, hasLongTool: boolean): boolean {
  return isOffered(config, job.name) || (hasLongTool && !config.no_tools.includes(job.name));
}

/** An engine with the tool `job` besides its own. Closing it closes the engine. */
export function withJobTool(engine: Engine, files: () => Promise<JobFiles>): Engine {
  const load = async () => (await import("../engine/jobs/job-tool.ts")).jobTool(files);
  const services = async () => (await import("../agent/no-services.ts")).noServices;
  const local = openLocalEngine({ tools: [lazyTool(job, { load })], services });
  return {
    definitions: async () => [...(await engine.definitions()), ...(await local.definitions())],
    call: (name, input, options) => (name === job.name ? local : engine).call(name, input, options),
    async close() {
      await local.close();
      await engine.close();
    },
  };
}
