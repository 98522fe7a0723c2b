import { existsSync } from "node:fs";
import { isAbsolute } from "node:path";
import { clients, type Client } from "../cli/install/clients.ts";
import { registeredServers } from "../cli/install/register.ts";
import { startsAxoner } from "../cli/install/starts-axoner.ts";
import { thisMachine } from "../config.ts";
import type { Machine } from "../config/machine.ts";
import type { McpServer } from "../config/mcp-servers.ts";
import { ConfigError } from "../errors.ts";
import { openOtherServer, type OtherServer } from "../mcp/client.ts";
import { isJsonObject, type JsonObject } from "../message.ts";
import { version } from "../version.ts";
import { ok, problem, warning, type Check, type Outcome } from "./check.ts";

interface Asked {
  id: string;
  client: Client;
  machine: Machine;
  limitMs: number;
}

/**
 * For each client that has settings here: whether axoner is in them, and whether it starts as the client starts it, in
 * its folder and with its environment, and does what it is asked. No other server is started.
 */
export function clientChecks(limitMs: number, machine = thisMachine()): Check[] {
  const all = Object.entries(clients).map(([id, client]) => ({ id, client, machine, limitMs }));
  const [here, absent] = [true, false].map((isHere) =>
    all.filter(({ client }) => existsSync(client.file(machine)) === isHere),
  );
  const checks = (here ?? []).map((asked) => ({
    name: asked.id,
    whenLate: `the machine may be busy: try again with --within 60; else ${again(asked)}`,
    run: (signal: AbortSignal) => clientOutcome(asked, signal),
  }));
  const names = (absent ?? []).map(({ id }) => id).join(", ");
  if (names === "") return checks;
  return [...checks, { name: "other clients", whenLate: "", run: () => ok(`no settings here of ${names}`) }];
}

async function clientOutcome(asked: Asked, signal: AbortSignal): Promise<Outcome> {
  const { id, client, machine } = asked;
  try {
    const found = await registeredServers(client, client.file(machine));
    if (found === undefined) return ok("its settings were taken away just now");
    const { path, servers } = found;
    const own = [...servers].filter(([, entry]) => startsAxoner(entry));
    if (own.length > 0) {
      const outcomes = await Promise.all(
        own.map(([name, entry]) => entryOutcome({ ...asked, name, entry, path }, signal)),
      );
      return together(outcomes);
    }
    const named = servers.get("axoner");
    if (named === undefined) return ok(`axoner is not in ${path}; axoner install ${id} registers it`);
    if (isJsonObject(named) && typeof named["url"] === "string")
      return ok(`${path} has axoner over HTTP, which is not tried here`);
    return warning(
      `${path} has a server "axoner" that is another program`,
      `see what it is; axoner install ${id} --name axoner-tools registers this one beside it, --replace in its place`,
    );
  } catch (thrown) {
    if (!(thrown instanceof ConfigError)) throw thrown;
    return {
      ...problem(thrown.message, ""),
      advice: `${client.title} starts no server as long as it is so: correct the file, or put ….before-axoner back where there is one`,
    };
  }
}

/** The worst of several entries, and what is said of all. */
function together(outcomes: readonly Outcome[]): Outcome {
  const worst =
    outcomes.find(({ status }) => status === "problem") ??
    outcomes.find(({ status }) => status === "warning") ??
    outcomes[0];
  return { ...(worst ?? ok("")), detail: outcomes.map(({ detail }) => detail).join("; ") };
}

interface Entry extends Asked {
  name: string;
  entry: unknown;
  /** Of the settings. */
  path: string;
}

async function entryOutcome(asked: Entry, signal: AbortSignal): Promise<Outcome> {
  const { id, name, path, limitMs, client } = asked;
  const server = asStarted(asked);
  if (server === undefined)
    return problem(`${path}: "${name}" has no "command" and "args" that could be started`, again(asked));
  const named = [server.command, ...server.args.slice(0, 1), ...(server.cwd === undefined ? [] : [server.cwd])];
  const missing = named.find((word) => isAbsolute(word) && !existsSync(word));
  if (missing !== undefined) {
    return problem(`${path} starts ${missing}, which is not there (any more)`, again(asked));
  }
  const other = openOtherServer({ name, server, client: { name: "axoner-doctor", version }, startTimeoutMs: limitMs });
  try {
    const tools = await other.tools();
    const answer = tools.some((tool) => tool.name === "read_rows") ? await ask(other, signal) : undefined;
    if (answer?.kind === "failed") {
      return problem(`${path}: it starts, and a call fails: ${answer.message}`, again(asked));
    }
    const folder = client.startsInProject ? "this folder" : "/";
    const called = answer === undefined ? "" : ", and answers a call";
    if (answer?.kind === "rootless") {
      return warning(
        `${path}: "${name}" starts in ${folder} as ${client.title} starts it${called}, but it reads no files`,
        `axoner install ${id} --root DIR lets it read a folder`,
      );
    }
    return ok(
      `${path}: "${name}" starts in ${folder} as ${client.title} starts it, with ${tools.length} tools${called}`,
    );
  } catch (thrown) {
    signal.throwIfAborted();
    const message = thrown instanceof Error ? thrown.message.replaceAll(/\s+/g, " ") : String(thrown);
    const lacks = /ENOENT/.test(message) && !isAbsolute(server.command);
    if (!lacks) return { ...problem(message, ""), detail: `${path}: ${message}`, advice: again(asked) };
    return problem(
      `${path}: ${client.title} finds no ${server.command} in its PATH (${server.env["PATH"] ?? "that of this shell"})`,
      `axoner install ${id} writes absolute paths`,
    );
  } finally {
    await other.close();
  }
}

type Answer = { kind: "answered" | "rootless" } | { kind: "failed"; message: string };

/** A file that there is not, which says whether there is a folder to look in. */
async function ask(other: OtherServer, signal: AbortSignal): Promise<Answer> {
  const input = { source: "axoner-doctor-asks.csv" };
  const result = await other.call("read_rows", input, { signal, progress: () => undefined });
  if (result.ok) return { kind: "answered" };
  if (result.message.includes("without a folder it may read")) return { kind: "rootless" };
  return result.message.includes(input.source) ? { kind: "answered" } : { kind: "failed", message: result.message };
}

function again({ id, client }: Asked): string {
  return `run axoner install ${id} again, with the options you want, and then for ${client.title}: ${client.restart}`;
}

type Started = Extract<McpServer, { kind: "stdio" }>;

/** How the client would start it; undefined for an entry that starts nothing. */
function asStarted({ entry, client, machine }: Entry): Started | undefined {
  if (!isJsonObject(entry)) return undefined;
  const { command, args = [], cwd } = entry;
  if (typeof command !== "string" || !Array.isArray(args)) return undefined;
  const words = args.filter((word) => typeof word === "string");
  if (words.length !== args.length) return undefined;
  const folder = client.startsInProject ? process.cwd() : "/";
  return {
    kind: "stdio",
    command,
    args: words,
    env: { ...environmentOf(client, machine), ...textsOf(entry) },
    cwd: typeof cwd === "string" ? cwd : folder,
  };
}

/** Besides the few variables that are handed on anyway. */
function environmentOf(client: Client, { platform, environment }: Machine): Record<string, string> {
  if (client.environment === "few" || (client.environment === "system" && platform === "win32")) return {};
  if (client.environment === "system") {
    return { PATH: platform === "darwin" ? "/usr/bin:/bin:/usr/sbin:/sbin" : "/usr/local/bin:/usr/bin:/bin" };
  }
  return Object.fromEntries(
    Object.entries(environment).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  );
}

function textsOf({ env }: JsonObject): Record<string, string> {
  if (!isJsonObject(env)) return {};
  return Object.fromEntries(
    Object.entries(env).flatMap(([name, value]) => (typeof value === "string" ? [[name, value]] : [])),
  );
}
