import { mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import { makeFiles } from "../csv/files.ts";
import { unshared } from "../process/unshared.ts";
import { done, heavyCalls, lightCalls, makeSources } from "./calls.ts";
import { timeToRequest } from "./command.ts";
import { addCall, type Peers } from "./peers.ts";
import { handshake, listing, timesToReplies, timeToEnd, timeToLine, timeToReply, type Exchange } from "./server.ts";

/** What is timed, from the start of a process. */
export interface Stage {
  name: string;
  /** The ratio to what it is measured against that is wanted. */
  target?: number;
  /** One time, or one for each name of `parts`. */
  measure: (round: number) => Promise<number | number[]>;
  /** Default: a single one, called as the stage. */
  parts?: readonly string[];
  /** What it is measured against: `node -e 0`, and that one with something else. */
  against?: string;
}

export const bare = "node -e 0";
export const withHead = "head -20 + node -e 0";

export interface Place {
  root: string;
  /** Where everything lies that is made for this. */
  folder: string;
  page: string;
  /** The size of the file that rows are read of. */
  megabytes: number;
}

const targets: Record<string, { cold?: number; warm?: number }> = {
  calculate: { cold: 2.2 },
  query_data: { cold: 5 },
  "query_data, 10 MB": { warm: 1.8 },
  scrape: { cold: 3.5, warm: 1.6 },
};

export async function openStages(place: Place, peers: Peers): Promise<Stage[]> {
  const { root, folder, page, megabytes } = place;
  const small = await makeFiles(folder, 0.1);
  const middle = await makeFiles(folder, 10);
  const large = await makeFiles(folder, megabytes);
  makeSources(folder);
  const cli = join(root, "dist/cli.js");
  const alone = (exchange: Exchange, flags: readonly string[] = []) => coldTime(place, exchange, flags);
  const heavy = heavyCalls({ small: small.sales, middle: middle.sales, page });
  const rows = (round: number) => done("read_rows", { source: large.sales, limit: 20, offset: round });
  const scripted = ["--provider", "scripted", "--model", join(folder, "replies.json")];
  const session = (round: number) => [...handshake, listing, addCall(round, 0.5)];
  return [
    { name: bare, measure: () => timeToEnd(process.execPath, ["-e", "0"]) },
    { name: withHead, measure: () => timeWithHead(large.sales) },
    { name: "axoner --help", measure: () => timeToEnd(process.execPath, [cli, "--help"]) },
    { name: "axoner run: first request", target: 2, measure: () => timeToRequest(cli, folder) },
    { name: "initialize", target: 1, measure: () => alone({ messages: [] }) },
    { name: "tools/list", target: 1.05, measure: () => alone({ messages: [listing] }) },
    {
      name: `read_rows, 20 rows of ${megabytes} MB`,
      target: 1.5,
      against: withHead,
      measure: (round) => alone({ messages: [rows(round)] }),
    },
    ...Object.entries({ ...lightCalls, ...heavy }).map(([name, call]) => ({
      name: `${name}, cold`,
      ...(targets[name]?.cold !== undefined && { target: targets[name].cold }),
      measure: (round: number) => alone({ messages: [call(round)] }, flagsFor(name)),
    })),
    {
      name: "run_agent, cold",
      measure: (round) => alone({ messages: [done("run_agent", { prompt: `hello ${round}` })] }, scripted),
    },
    ...Object.entries(heavy).map(([name, call]) => ({
      name: `${name}, shared engine`,
      ...(targets[name]?.warm !== undefined && { target: targets[name].warm }),
      measure: (round: number) => timeToReply(sharing(place, flagsFor(name)), { messages: [call(round)] }),
    })),
    peerStage("axoner", (round) =>
      timesToReplies(
        [...server(place), ...unshared],
        [...handshake, listing, lightCalls["calculate"]?.(round) ?? listing],
      ),
    ),
    ...peers.servers.map(({ name, command }) => peerStage(name, (round) => timesToReplies(command, session(round)))),
    ...(peers.axonerAi === undefined ? [] : [lineStage(peers.axonerAi)]),
  ];
}

/** A session as a client has it that waits for each answer before it sends more. */
function peerStage(name: string, measure: Stage["measure"]): Stage {
  return {
    name: `peer ${name}`,
    parts: ["initialize", "then tools/list", "then a call"].map((part) => `${name}: ${part}`),
    measure,
  };
}

function lineStage(command: readonly string[]): Stage {
  return { name: "peer AxonerAI: first line", measure: () => timeToLine(command, "calculator") };
}

function server({ root, folder }: Place): string[] {
  return [process.execPath, join(root, "dist/mcp-server.js"), "--root", folder];
}

/** What a call needs that reaches for a page of this machine. To read such an address is work that others do not have. */
function flagsFor(tool: string): string[] {
  return ["scrape", "crawl", "web_search"].includes(tool) ? ["--allow-private", "127.0.0.0/8"] : [];
}

/** A server that finds the engine that the first of its kind, in the round that is not counted, has started. */
function sharing(place: Place, flags: readonly string[]): string[] {
  const settings = ["--shared-engine", "on", "--answer-within", "0", "--workspace", join(place.folder, "shared")];
  return [...server(place), ...settings, ...flags];
}

/** Of a server with an engine of its own and a workspace in which nothing has been kept yet. */
async function coldTime(place: Place, exchange: Exchange, flags: readonly string[]): Promise<number> {
  const workspace = await mkdtemp(join(place.folder, "workspace-"));
  try {
    return await timeToReply([...server(place), ...unshared, "--workspace", workspace, ...flags], exchange);
  } finally {
    await rm(workspace, { recursive: true, force: true });
  }
}

async function timeWithHead(path: string): Promise<number> {
  return (await timeToEnd("head", ["-20", path])) + (await timeToEnd(process.execPath, ["-e", "0"]));
}
