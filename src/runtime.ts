import { readServerConfig, type Config } from "./config.ts";
import { childEnvironment } from "./config/child-environment.ts";
import { isOffered } from "./config/offered.ts";
import type { Engine } from "./engine/engine.ts";
import { openLazyEngine } from "./engine/lazy.ts";
import { openLocalEngine } from "./engine/local.ts";
import { openRoutedEngine } from "./engine/route.ts";
import { ConfigError } from "./errors.ts";
import { setLogLevel } from "./log.ts";
import type { ToolBackend } from "./mcp/serve-tools.ts";
import type { JsonValue } from "./message.ts";
import { servicesOf } from "./agent/no-services.ts";
import runAgent from "./agent/run-agent.generated.json" with { type: "json" };
import { didYouMean } from "./text/nearest.ts";
import { once } from "./once.ts";
import { passAgentTool, sharesAgent, withAgentTool } from "./runtime/agent-tool.ts";
import { keepJobs } from "./engine/jobs/keep-jobs.ts";
import job from "./engine/jobs/job.generated.json" with { type: "json" };
import { lazyJobFiles, offersJobs, withJobTool } from "./runtime/jobs.ts";
import type { StartableMath } from "./math/evaluate.ts";
import { lazyMath } from "./math/lazy-math.ts";
import type { EarlyParts } from "./runtime/open-services.ts";
import { openShared } from "./runtime/shared-engine.ts";
import { lazyTelemetry } from "./telemetry/lazy.ts";
import { startedFor, tools as builtIn } from "./tools/index.ts";
import type { Tool } from "./tools/tool.ts";

/** What the server process serves from, and what it closes at its end. */
export interface Front extends ToolBackend {
  /**
   * See that what is read where it is used, in another process, can be read.
   *
   * @throws ConfigError
   */
  check(): Promise<void>;
  close(): Promise<void>;
}

/**
 * Build the server process's side, as its command line says.
 *
 * @throws ConfigError
 */
export async function openFront(argv: readonly string[]): Promise<Front> {
  return openConfiguredFront(readServerConfig(argv).config);
}

/**
 * Light tools here, the others and every plugin in an engine process that starts with the first call that needs it.
 *
 * @throws ConfigError
 */
export async function openConfiguredFront(given: Config): Promise<Front> {
  const config = (await (await recordingOf(given))?.withRecording(given)) ?? given;
  const names = [...builtIn, runAgent, job].map((tool) => tool.name);
  if (config.plugins.length === 0) checkNames(config, names);

  const lightTools = builtIn.filter(({ hints }) => !hints.long);
  const light = openEngine(lightTools, config);
  const lightNames = new Set(lightTools.map(({ name }) => name));
  const own = builtIn.filter(({ name }) => isOffered(config, name));
  const telemetry = lazyTelemetry(config.telemetry, [runAgent.name]);
  const files = lazyJobFiles(config);
  const shares = isShared(config);
  const alone = () => keepJobs({ engine: withAgentTool(openEngineProcess(config), config, telemetry), files });
  const heavy = shares
    ? openLazyEngine(() => Promise.resolve(openShared(config, { instead: alone })))
    : openEngineProcess(config);
  // an engine's tools never change, so one that died is not started again to be asked for them
  const withPlugins = once(() => heavy.definitions());
  const definitions = config.plugins.length === 0 ? () => Promise.resolve(own) : () => withPlugins.get();
  const routed = openRoutedEngine({ definitions, lightNames, light, heavy });
  const sharesRuns = shares && sharesAgent(config);
  const keptElsewhere = (name: string) => shares && !lightNames.has(name) && (name !== runAgent.name || sharesRuns);
  // a run that a client is told of event by event is this server's, wherever those of the tool are
  const ownAgent = withAgentTool(routed, config, telemetry);
  const withAgent = sharesRuns ? { ...passAgentTool(routed, heavy, config), close: () => ownAgent.close() } : ownAgent;
  const jobs = keepJobs({ engine: withAgent, files, keptElsewhere });
  const hasJobs = offersJobs(config, config.plugins.length > 0 || own.some(({ hints }) => hints.long));
  const engine = hasJobs ? withJobTool(jobs, files) : jobs;
  const catalogue = once(async () => (await import("./catalogue/open-catalogue.ts")).openCatalogue(config, engine));
  return {
    definitions: () => engine.definitions(),
    engine,
    trace: telemetry.traceCall,
    runAgent: async (params, client) =>
      (await import("./runtime/run-for-client.ts")).runForClient(ownAgent, params, client),
    answerWithinMs: hasJobs ? (isPatient) => patienceMs(config, isPatient) : undefined,
    catalogue: () => catalogue.get(),
    async check() {
      await checkAddresses(config);
      await checkServers(config);
    },
    async close() {
      await (await catalogue.opened())?.close();
      await engine.close();
      await telemetry.close();
    },
  };
}

/** `auto` shares where sockets and processes are what the engine's place relies on. A recording is one server's. */
function isShared({ shared_engine: wanted, record, replay }: Config): boolean {
  if (record !== undefined || replay !== undefined) return false;
  return wanted === "on" || (wanted === "auto" && (process.platform === "linux" || process.platform === "darwin"));
}

/** Popular clients give up after 5 s, and those that are told of progress after 60 s. */
function patienceMs({ answer_within: wanted }: Config, isPatient: boolean): number | undefined {
  const timeMs = wanted ?? (isPatient ? 50_000 : 4_000);
  return timeMs === 0 ? undefined : timeMs;
}

/** Every tool the configuration offers, plugins included, in a process of its own that starts with the first call. */
export function openEngineProcess(config: Config): Engine {
  return openLazyEngine(async () => {
    const { openHostedEngine } = await import("./engine/host.ts");
    const { http: _http, token: _token, offer_sessions: _offer, update_notice: _notice, ...others } = config; // of no concern to an engine
    const settings = {
      ...others,
      record_begun: (await (await recordingOf(config))?.tapeOf(config))?.isReplay === false,
    } as JsonValue;
    return openHostedEngine({ settings, environment: childEnvironment(), startedFor });
  });
}

/**
 * Every tool the configuration offers, plugins included, in this process.
 *
 * @param started what the first call needs, started already
 * @throws ConfigError for a plugin that does not load, a clash of names, or an unknown name in `tools`
 */
export async function openToolEngine(config: Config, started: EarlyParts = {}): Promise<Engine> {
  setLogLevel(config.log_level);
  const all = [...builtIn, ...(await loadPlugins(config))];
  const names = [...all, runAgent, job].map((tool) => tool.name);
  const clash = names.find((name, index) => names.indexOf(name) !== index);
  if (clash !== undefined) throw new ConfigError(`two tools are named "${clash}"; rename the plugin's`);
  checkNames(config, names);
  await checkAddresses(config);
  return openEngine(
    all.filter((tool) => isOffered(config, tool.name)),
    config,
    started,
  );
}

/** An engine over some tools that opens what they call on the first call, and frees it when it is closed. */
export function openEngine(tools: readonly Tool[], config: Config, started: EarlyParts = {}): Engine {
  const math = lazyMath(config.engine_idle);
  const services = once(async () =>
    (await import("./runtime/open-services.ts")).openServices(config, { math, ...started }),
  );
  const mathAlone = servicesOf({ math });
  const opened = openLocalEngine({
    tools,
    services: async (tool) => (tool === calculate ? mathAlone : (await services.get()).services),
  });
  const local = tools.some(({ name }) => name === calculate) ? startsEarly(opened, math) : opened;
  const isTaped = config.record !== undefined || config.replay !== undefined;
  const engine = isTaped ? taped(local, config) : local;
  return {
    ...engine,
    async close() {
      await local.close();
      await math.close();
      await (await services.opened())?.close();
    },
  };
}

const calculate = "calculate";

/** The process for expressions takes longer to start than what is loaded to ask it. */
function startsEarly(engine: Engine, math: StartableMath): Engine {
  return {
    ...engine,
    call(name, input, options) {
      if (name === calculate) math.prepare();
      return engine.call(name, input, options);
    },
  };
}

function taped(engine: Engine, config: Config): Engine {
  return {
    ...engine,
    async call(name, input, options) {
      const { tapedOf } = await import("./runtime/open-recording.ts");
      return (await tapedOf(engine, config)).call(name, input, options);
    },
  };
}

/** Loaded only where something is recorded or replayed. */
function recordingOf({ record, replay }: Config) {
  return record === undefined && replay === undefined ? undefined : import("./runtime/open-recording.ts");
}

async function loadPlugins({ plugins }: Config): Promise<Tool[]> {
  return plugins.length === 0 ? [] : (await import("./tools/plugin.ts")).loadPlugins(plugins);
}

async function checkAddresses({ allow_private: allowed }: Config): Promise<void> {
  if (allowed.length > 0) (await import("./web/guard.ts")).openGuard(allowed);
}

/** They are started by an agent's first run; what is wrong with their file shows before. */
async function checkServers({ mcp_config: file }: Config): Promise<void> {
  if (file !== undefined) (await import("./config/mcp-servers.ts")).readMcpServers(file);
}

function checkNames({ tools = [], no_tools: excluded, mcp_config: others }: Config, names: readonly string[]): void {
  if (others !== undefined) return; // theirs are known only once they run
  const unknown = [...tools, ...excluded].find((name) => !names.includes(name));
  if (unknown === undefined) return;
  throw new ConfigError(
    `there is no tool "${unknown}"${didYouMean(unknown, names)}; the tools are ${names.join(", ")}`,
  );
}
