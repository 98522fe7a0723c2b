import { existsSync } from "node:fs";
import { isAbsolute } from "node:path";
import type { Client } from "../cli/install/clients.ts";
import type { Machine } from "../config/machine.ts";
import type { McpServer } from "../config/mcp-servers.ts";
import { openOtherServer, type OtherServer } from "../mcp/client.ts";
import { isJsonObject, type JsonObject } from "../message.ts";
import { version } from "../version.ts";
import { ok, problem, warning, type Outcome } from "./check.ts";

export interface Asked {
  id: string;
  client: Client;
  machine: Machine;
  limitMs: number;
}

export interface Entry extends Asked {
  name: string;
  entry: unknown;
  /** Of the settings. */
  path: string;
}

/** Whether one entry starts as its client starts it, and does what it is asked. */
export async function entryOutcome(asked: Entry, signal: AbortSignal): Promise<Outcome> {
  const { id, name, path, limitMs, client } = asked;
  if (isSwitchedOff(asked.entry)) {
    return warning(
      `${path}: "${name}" is switched off, so ${client.title} does not start it; nor was it tried`,
      `switch it on in ${client.title}, or take "disabled" or "enabled" out of the entry`,
    );
  }
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

/** Each client has one word for it, and none has one of them for something else. */
function isSwitchedOff(entry: unknown): boolean {
  return isJsonObject(entry) && (entry["disabled"] === true || entry["enabled"] === false);
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

export function again({ id, client }: Asked): string {
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
