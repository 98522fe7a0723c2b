import { join } from "node:path";
import type { Agent } from "./agent/agent.ts";
import type { Config } from "./config.ts";
import { childEnvironment, readConfig } from "./config.ts";
import type { Engine } from "./engine/engine.ts";
import { openHostedEngine } from "./engine/host.ts";
import { openLazyEngine } from "./engine/lazy.ts";
import { openLocalEngine } from "./engine/local.ts";
import { openRoutedEngine } from "./engine/route.ts";
import { ConfigError } from "./errors.ts";
import { setLogLevel } from "./log.ts";
import builtIn from "./mcp/definitions.generated.json" with { type: "json" };
import type { RareMethods } from "./mcp/rare-methods.ts";
import type { ToolBackend } from "./mcp/serve-tools.ts";
import type { JsonValue } from "./message.ts";
import { didYouMean } from "./nearest.ts";
import { once } from "./once.ts";
import type { Services } from "./tools/services.ts";
import type { Tool, ToolDefinition } from "./tools/tool.ts";
import { version } from "./version.ts";

/** What the server process serves from, and what it closes at its end. */
export interface Front extends ToolBackend {
  close(): Promise<void>;
}

/**
 * Build the server process's side: light tools here, the others and every plugin in an engine process that starts
 * with the first call that needs it.
 *
 * @throws ConfigError
 */
export async function openFront(argv: readonly string[]): Promise<Front> {
  const { config, rest } = readConfig(argv);
  if (rest[0] !== undefined)
    throw new ConfigError(`axoner mcp does not know "${rest[0]}"; \`axoner --help\` lists the options`);
  const names = builtIn.map((definition) => definition.name);
  if (config.plugins.length === 0) checkNames(config, names);
  await checkAddresses(config);

  const heavy = openEngineProcess(config);
  const light = openLazyEngine(async () => {
    const { lightTools } = await import("./tools/light.ts");
    return openEngine(lightTools, config);
  });
  const own: readonly ToolDefinition[] = builtIn.filter(({ name }) => isOffered(config, name));
  // an engine's tools never change, so one that died is not started again to be asked for them
  const withPlugins = once(() => heavy.definitions());
  const definitions = config.plugins.length === 0 ? () => Promise.resolve(own) : () => withPlugins.get();
  const lightNames = new Set(builtIn.filter(({ hints }) => !hints.long).map(({ name }) => name));
  const engine = openRoutedEngine({ definitions, lightNames, light, heavy });
  return { definitions, engine, rareMethods: lazyRareMethods(config), close: () => engine.close() };
}

/** Every tool the configuration offers, plugins included, in a process of its own that starts with the first call. */
export function openEngineProcess(config: Config): Engine {
  return openHostedEngine({ settings: config as JsonValue, environment: childEnvironment() });
}

/**
 * Every tool the configuration offers, plugins included, in this process.
 *
 * @throws ConfigError for a plugin that does not load, a clash of names, or an unknown name in `tools`
 */
export async function openToolEngine(config: Config): Promise<Engine> {
  setLogLevel(config.log_level);
  const [{ tools }, { loadPlugins }] = await Promise.all([import("./tools/index.ts"), import("./tools/plugin.ts")]);
  const all = [...tools, ...(await loadPlugins(config.plugins))];
  const names = all.map((tool) => tool.name);
  const clash = names.find((name, index) => names.indexOf(name) !== index);
  if (clash !== undefined) throw new ConfigError(`two tools are named "${clash}"; rename the plugin's`);
  checkNames(config, names);
  await checkAddresses(config);
  return openEngine(
    all.filter((tool) => isOffered(config, tool.name)),
    config,
  );
}

/** An engine over some tools that opens what they call on the first call, and frees it when it is closed. */
export function openEngine(tools: readonly Tool[], config: Config): Engine {
  const services = once(() => openServices(config));
  const engine = openLocalEngine({ tools, services: async () => (await services.get()).services });
  return {
    ...engine,
    async close() {
      await engine.close();
      await (await services.opened())?.close();
    },
  };
}

/** An agent, and what it holds open. The engine stays its caller's. */
export interface OpenAgent {
  agent: Agent;
  close(): Promise<void>;
}

/**
 * The agent of the configuration: its provider, its store, the engine's tools.
 *
 * @throws ConfigError for a provider or a store that cannot be used
 */
export async function openAgent(config: Config, engine: Engine): Promise<OpenAgent> {
  const [{ createAgent }, { defaultSystem }, { openProvider, providers }, { openStore }, { openNodeHost }] =
    await Promise.all([
      import("./agent/agent.ts"),
      import("./agent/system.ts"),
      import("./providers/index.ts"),
      import("./session/index.ts"),
      import("./node-host.ts"),
    ]);
  const { secrets } = config;
  const withKey = Object.keys(providers).find((known) => secrets[providers[known]?.keyVariable ?? ""] !== undefined);
  const name = config.provider ?? withKey;
  if (name === undefined) {
    throw new ConfigError(
      "no model provider is chosen: set OPENAI_API_KEY or GROQ_API_KEY, or name one with --provider and --base-url",
    );
  }
  const entry = Object.hasOwn(providers, name) ? providers[name] : undefined;
  const host = openNodeHost();
  const provider = await openProvider(name, {
    model: config.model,
    baseUrl: config.base_url ?? secrets[entry?.baseUrlVariable ?? ""],
    apiKey: secrets[entry?.keyVariable ?? ""],
    host,
  });
  const store = await openStore(config.store ?? `file:${join(config.workspace, "sessions")}`);
  const agent = createAgent({
    provider,
    engine,
    store,
    system: defaultSystem,
    maxTurns: config.max_turns,
    maxTokens: config.max_tokens,
  });
  return { agent, close: async () => void (await Promise.all([store.close(), host.close()])) };
}

interface OpenServices {
  services: Services;
  close(): Promise<void>;
}

async function openServices(config: Config): Promise<OpenServices> {
  const [
    { openFiles },
    { openDatasets },
    { openSqlEngine },
    { openDatabases },
    { openChartRenderer },
    { openScraper },
    { openDownloader },
    { openMathEngine },
  ] = await Promise.all([
    import("./data/files.ts"),
    import("./data/dataset.ts"),
    import("./data/sql.ts"),
    import("./data/databases.ts"),
    import("./data/chart/renderer.ts"),
    import("./web/scrape.ts"),
    import("./web/download.ts"),
    import("./math/evaluate.ts"),
  ]);
  const visitor = { allowPrivate: config.allow_private, userAgent: `axoner/${version}` };
  const downloader = openDownloader(visitor);
  const files = await openFiles({
    roots: config.roots,
    workspace: config.workspace,
    allowWrite: config.allow_write,
    privatePaths: config.private_paths,
    downloader,
  });
  const datasets = openDatasets(config.workspace);
  const { workspace } = config;
  const environment = childEnvironment();
  const sql = openSqlEngine({ files, datasets, workspace, environment });
  const databases = openDatabases({ urls: config.databases, files, datasets, workspace, environment });
  const charts = openChartRenderer();
  const web = openScraper(visitor);
  const math = openMathEngine();
  return {
    services: { files, datasets, sql, databases, charts, web, math },
    async close() {
      downloader.close();
      await Promise.all([sql.close(), databases.close(), charts.close(), web.close(), math.close()]);
    },
  };
}

function lazyRareMethods(config: Config): RareMethods {
  const rare = once(async () => {
    const [{ openRareMethods }, { openDatasets }, { datasetResources }] = await Promise.all([
      import("./mcp/rare-methods.ts"),
      import("./data/dataset.ts"),
      import("./dataset-resources.ts"),
    ]);
    return openRareMethods({ name: "axoner", version }, datasetResources(openDatasets(config.workspace)));
  });
  return {
    answer: async (request, initializeParams) => (await rare.get()).answer(request, initializeParams),
  };
}

function isOffered({ tools, no_tools: excluded }: Config, name: string): boolean {
  return (tools?.includes(name) ?? true) && !excluded.includes(name);
}

/** What may be reached is read where it is used, in another process; here it is only checked. */
async function checkAddresses({ allow_private: allowed }: Config): Promise<void> {
  if (allowed.length > 0) (await import("./web/guard.ts")).openGuard(allowed);
}

function checkNames({ tools = [], no_tools: excluded }: Config, names: readonly string[]): void {
  const unknown = [...tools, ...excluded].find((name) => !names.includes(name));
  if (unknown === undefined) return;
  throw new ConfigError(
    `there is no tool "${unknown}"${didYouMean(unknown, names)}; the tools are ${names.join(", ")}`,
  );
}
