import { withAgentTool } from "./runtime/agent-tool.ts";
import type { Config } from "./config.ts";
import { lockTakenCode } from "./engine/channel.ts";
import { keepJobs } from "./engine/jobs/keep-jobs.ts";
import { openActivity } from "./engine/shared/activity.ts";
import { placeOf } from "./engine/shared/folder.ts";
import { hostShared } from "./engine/shared/host.ts";
import { saveCompiledCode } from "./compiled-code.ts";
import { lazyJobFiles } from "./runtime/jobs.ts";
import type { EarlyParts } from "./runtime/open-services.ts";
import { log } from "./log.ts";
import { openToolEngine } from "./runtime.ts";
import { isPlaceOf } from "./runtime/shared-engine.ts";
import { lazyTelemetry } from "./telemetry/lazy.ts";
import { version } from "./version.ts";

/** By then the first call has loaded what calls load. The engine may be killed later. */
const saveAfterMs = 5_000;

/** What an engine process does for every server that finds it in its place, once it is loaded. */
export async function shareProcess(folder: string, name: string, started: EarlyParts): Promise<void> {
  const place = placeOf(folder, name);
  const activity = openActivity();
  const open = async (config: Config) => {
    const tools = await openToolEngine(config, started);
    const engine = activity.watch(withAgentTool(tools, config, lazyTelemetry(config.telemetry)));
    const jobs = keepJobs({ engine, files: lazyJobFiles(config) });
    // what else there is, the servers know
    setTimeout(saveCompiledCode, saveAfterMs).unref();
    return { engine: { ...jobs, definitions: () => tools.definitions() }, idleMs: config.engine_idle };
  };
  try {
    const served = await hostShared({
      place,
      version,
      activity,
      // those who send it have proved that they are this user's, and have just resolved it
      isOurs: (settings) => isPlaceOf(place, settings as unknown as Config),
      open: (settings) => open(settings as unknown as Config),
    });
    process.exit(served ? 0 : lockTakenCode);
  } catch (thrown) {
    log.error("the shared engine failed", thrown);
    process.exit(1);
  }
}
