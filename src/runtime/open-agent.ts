import { join } from "node:path";
import type { Agent, AgentOptions, WantedProvider } from "../agent/agent.ts";
import type { Ask } from "../agent/approval-policy.ts";
import runAgent from "../agent/run-agent.generated.json" with { type: "json" };
import type { Config } from "../config.ts";
import { isOffered } from "../config/offered.ts";
import type { Engine } from "../engine/engine.ts";
import { openJoinedEngine } from "../engine/joined.ts";
import { ToolError } from "../errors.ts";
import type { Host } from "../host.ts";
import { log } from "../log.ts";
import type { Models, Provider } from "../providers/provider.ts";
import type { Presence, SessionStore } from "../session/store.ts";
import type { LazyTelemetry } from "../telemetry/lazy.ts";
import { tapeOf } from "./open-recording.ts";
import type { Tape } from "../recording/tape.ts";
import { tools as builtIn } from "../tools/index.ts";
import { subAgentDepth } from "./agent-tool.ts";
import { version } from "../version.ts";

/** An agent, and what it holds open. The engine stays its caller's. */
export interface OpenAgent {
  agent: Agent;
  models: Models;
  close(): Promise<void>;
}

export interface AgentParts {
  telemetry: LazyTelemetry;
  /** Puts questions to whoever sits there. Without it the settings decide alone. */
  ask?: Ask | undefined;
  /** Of a program that is in sessions besides its runs. */
  presence?: Presence | undefined;
}

/**
 * The agent of the configuration: its provider, its store, the engine's tools and those of other servers.
 *
 * @throws ConfigError for a provider or a store that cannot be used
 */
export async function openAgent(config: Config, engine: Engine, parts: AgentParts): Promise<OpenAgent> {
  const opened: Closable[] = [];
  const close = async () => void (await Promise.all(opened.map((one) => one.close())));
  const keep: Keep = (one) => {
    if (one !== undefined) opened.push(one);
    return one;
  };
  try {
    return { ...(await openParts({ config, engine, keep }, parts)), close };
  } catch (thrown) {
    await close();
    throw thrown;
  }
}

type Closable = Pick<OpenAgent, "close">;
/** What was opened is closed with the agent, or at once where the next step fails. */
type Keep = <Opened extends Closable | undefined>(opened: Opened) => Opened;

async function openParts(
  { config, engine, keep }: { config: Config; engine: Engine; keep: Keep },
  { telemetry, ask, ...parts }: AgentParts,
): Promise<Omit<OpenAgent, "close">> {
  const [{ createAgent }, { checkApproval }, { approvalPolicy }, { defaultSystem }, { openNodeHost }] =
    await Promise.all([
      import("../agent/agent.ts"),
      import("../agent/check-approval.ts"),
      import("../agent/approval-policy.ts"),
      import("../agent/system.ts"),
      import("./node-host.ts"),
    ]);
  const tape = await tapeOf(config);
  const host = keep(openNodeHost({ proxies: config.proxies, recording: tape }));
  const provider = await openConfigured(config, host);
  const others = keep(await openOthers(config, telemetry, tape));
  const joined = others === undefined ? engine : openJoinedEngine([engine, others], (name) => isOffered(config, name));
  const ownTools = [...builtIn.map(({ name }) => name), runAgent.name, "job"];
  for (const told of await checkApproval(config.approve, ownTools, joined)) log.warn(told);
  const store = keep(await openTapedStore(config, tape));
  const traceRun = await telemetry.traceRuns();
  const options: AgentOptions = {
    ...(traceRun && { traceRun }),
    name: "axoner",
    provider,
    engine: joined,
    store,
    presence: parts.presence ?? (await openConfiguredPresence(config)),
    system: defaultSystem,
    approve: approvalPolicy({ modes: config.approve, ask }),
    workspace: config.workspace,
    maxTurns: config.max_turns,
    maxTokens: config.max_tokens,
    maxUsd: config.max_usd,
    maxTimeMs: config.max_time,
    contextTokens: config.context_tokens,
    subAgentDepth: isOffered(config, runAgent.name) ? Math.max(0, subAgentDepth - config.agent_depth) : 0,
    openProvider: (wanted) => openWanted(config, wanted, host),
  };
  const agent =
    tape === undefined
      ? createAgent(options)
      : (await import("../recording/taped-agent.ts")).createTapedAgent(options, tape);
  const models = { current: provider, open: (name: string) => openNamed(config, name, host) };
  return { agent, models };
}

/** What the user names. The base URL and the fallbacks belong to the configured provider. */
async function openNamed(config: Config, name: string, host: Host): Promise<Provider> {
  const { isProvider } = await import("../providers/index.ts");
  const slash = name.indexOf("/");
  const provider = name.slice(0, Math.max(0, slash));
  if (!isProvider(provider)) return openConfigured({ ...config, model: name }, host);
  const isOther = provider !== config.provider;
  const settings = isOther ? { ...config, base_url: undefined, fallback: [], provider } : config;
  return openConfigured({ ...settings, model: name.slice(slash + 1) }, host);
}

/**
 * The store of the configuration; by default in the workspace, which ignores itself in git.
 *
 * @throws ConfigError for a URL that names none
 */
export async function openConfiguredStore({ store, workspace, durable }: Config): Promise<SessionStore> {
  const { openStore } = await import("../session/index.ts");
  if (store !== undefined) return openStore(store, { durable });
  const { openWorkspace } = await import("../data/workspace.ts");
  return openStore(`file:${await openWorkspace(workspace).folder("sessions")}`, { durable });
}

async function openTapedStore(config: Config, tape: Tape | undefined): Promise<SessionStore> {
  if (tape === undefined) return openConfiguredStore(config);
  const { recordedStore, replayedStore } = await import("../recording/taped-store.ts");
  return tape.isReplay ? replayedStore(tape) : recordedStore(await openConfiguredStore(config), tape);
}

/** Beside the sessions where they are in the workspace; for stores elsewhere too, as far as this workspace is used. */
export async function openConfiguredPresence({ store, workspace }: Config): Promise<Presence | undefined> {
  if (store?.startsWith("memory:") === true) return undefined;
  const { openPresence } = await import("../session/presence.ts");
  return openPresence(join(workspace, "sessions"), store ?? "");
}

async function openOthers(
  config: Config,
  telemetry: LazyTelemetry,
  tape: Tape | undefined,
): Promise<Engine | undefined> {
  if (tape === undefined ? config.mcp_config === undefined : !tape.hasOtherServers) return undefined;
  if (tape === undefined) return openServers(config, telemetry);
  const { tapedServers } = await import("../recording/taped-servers.ts");
  return tapedServers(() => openServers(config, telemetry), tape);
}

async function openServers(
  { mcp_config: file, agent_depth: depth }: Config,
  { callMeta }: LazyTelemetry,
): Promise<Engine> {
  if (file === undefined) throw new TypeError("no other servers are configured");
  const [{ openOtherServers }, { readMcpServers }] = await Promise.all([
    import("../mcp/other-servers.ts"),
    import("../config/mcp-servers.ts"),
  ]);
  // another axoner among them must not call us without end
  const env = { AXONER_AGENT_DEPTH: String(depth + 1) };
  const servers = Object.fromEntries(
    Object.entries(readMcpServers(file)).map(([name, server]) => {
      return [name, server.kind === "stdio" ? { ...server, env: { ...env, ...server.env } } : server];
    }),
  );
  const taken = new Set([...builtIn, runAgent].map(({ name }) => name));
  return openOtherServers({ servers, client: { name: "axoner", version }, taken, callMeta });
}

async function openConfigured(config: Config, host: Host): Promise<Provider> {
  const { provider, model, base_url: baseUrl, fallback: fallbacks, secrets, prices } = config;
  const limits = { idleMs: config.reply_idle, totalMs: config.reply_time };
  const { chooseProvider } = await import("../providers/index.ts");
  return chooseProvider({ provider, model, baseUrl, fallbacks, secrets, host, prices, ...limits });
}

/**
 * What a model names in `run_agent`: another model of the configured provider, or another provider whose key is there.
 * The base URL and the fallbacks belong to the configured one, and a script is a file, which only the user may name.
 */
async function openWanted(config: Config, { provider: name, model }: WantedProvider, host: Host): Promise<Provider> {
  const isOther = name !== undefined && name !== config.provider;
  if (name === "scripted" || config.provider === "scripted") {
    throw new ToolError("not_allowed", "the scripted provider takes no other model; leave out provider and model");
  }
  const settings = isOther ? { ...config, base_url: undefined, fallback: [], provider: name } : config;
  return openConfigured({ ...settings, model: model ?? (isOther ? undefined : config.model) }, host);
}
