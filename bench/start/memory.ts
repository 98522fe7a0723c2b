import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { engineFolder } from "../../src/engine/shared/folder.ts";
import { findEngines } from "../../src/engine/shared/status.ts";
import { makeFiles } from "../csv/files.ts";
import { beginSession, openPeer } from "../process/peer.ts";
import { memoryOf } from "../process/tree.ts";
import { heavyCalls, lightCalls, makeSources } from "./calls.ts";
import { addCall, type Peers } from "./peers.ts";
import type { Message } from "./server.ts";
import type { Place } from "./stages.ts";

const idleMs = 5_000;
/** Until an engine that is idle has gone. */
const goneMs = 3_000;
const wantedMb = { front: 45, tree: 250 };

/**
 * Print what a server and its shared engine hold, with all their processes, in proportional set sizes: after the handshake,
 * after one call of each tool, and after the idle time. Beside it the others after one call. Linux only.
 */
export async function measureMemory({ root, folder, page }: Place, { servers, axonerAi }: Peers): Promise<void> {
  const small = await makeFiles(folder, 0.1);
  const middle = await makeFiles(folder, 10);
  makeSources(folder);
  const workspace = await mkdtemp(join(folder, "workspace-"));
  const places = ["--root", folder, "--workspace", workspace, "--allow-private", "127.0.0.0/8"];
  const shared = ["--shared-engine", "on", "--engine-idle", `${idleMs}ms`, "--answer-within", "0"];
  const command = [process.execPath, join(root, "dist/mcp-server.js"), ...places, ...shared];
  const front = await openServer(command);
  try {
    tell("server, after the handshake", front.memory(), wantedMb.front);
    const calls = { ...heavyCalls({ small: small.sales, middle: middle.sales, page }), ...lightCalls };
    let most = 0;
    for (const [name, call] of Object.entries(calls)) {
      await front.ask(call(1));
      const all = front.memory() + (await engineMemory());
      most = Math.max(most, all);
      tell(`server and engine, after ${name}`, all);
    }
    tell("server and engine, the most of these", most, wantedMb.tree);
    tell("server, after one call of each", front.memory(), wantedMb.front);
    await delay(idleMs + goneMs);
    tell("server and engine, after the idle time", front.memory() + (await engineMemory()));
    console.log(`  engines after the idle time ${String((await enginePids()).length).padStart(25)}`);
  } finally {
    await front.end();
    await rm(workspace, { recursive: true, force: true });
  }
  for (const { name, command: of } of servers) {
    const server = await openServer(of);
    await server.ask(addCall(1, 0.5));
    tell(`${name}, after one call`, server.memory());
    await server.end();
  }
  if (axonerAi === undefined) return;
  const [program = "", ...args] = axonerAi;
  const agent = openPeer(spawn(program, args, { stdio: ["pipe", "pipe", "pipe"] }));
  await agent.receiveLine();
  tell("AxonerAI, its agent made", memoryOf(agent.pid));
  await agent.end();
}

async function openServer([program = "", ...args]: readonly string[]) {
  const peer = openPeer(spawn(program, args, { stdio: ["pipe", "pipe", "pipe"] }));
  await beginSession(peer);
  peer.send({ jsonrpc: "2.0", method: "notifications/initialized" });
  let id = 0;
  return {
    memory: () => memoryOf(peer.pid),
    end: peer.end,
    async ask({ method, params, isRight = () => true }: Message) {
      peer.send({ jsonrpc: "2.0", id: (id += 1), method, params });
      const reply = (await peer.receive()) as { result?: unknown };
      if (!isRight(reply.result)) throw new Error(`a wrong answer: ${JSON.stringify(reply).slice(0, 1_000)}`);
    },
  };
}

async function enginePids(): Promise<number[]> {
  return (await findEngines(engineFolder())).map(({ status }) => status.pid);
}

async function engineMemory(): Promise<number> {
  return (await enginePids()).reduce((sum, pid) => sum + memoryOf(pid), 0);
}

function tell(what: string, megabytes: number, wanted?: number): void {
  const note = wanted === undefined ? "" : `  (wanted: at most ${wanted})`;
  console.log(`  ${what.padEnd(48)}${megabytes.toFixed(0).padStart(5)} MB${note}`);
}
