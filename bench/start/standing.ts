import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { engineFolder } from "../../src/engine/shared/folder.ts";
import { findEngines } from "../../src/engine/shared/status.ts";
import { beginSession, openPeer, openToolCall, type Peer } from "../process/peer.ts";
import { memoryOf } from "../process/tree.ts";

export interface Standing {
  server: string;
  folder: string;
  page: string;
}

const idleMs = 3_000;
const measuredMs = 3_000;

/** Print what a server that stands does a second, and what it and its engine hold. Linux only. */
export async function measureStanding({ server, folder, page }: Standing): Promise<void> {
  const workspace = await mkdtemp(join(folder, "workspace-"));
  const places = ["--workspace", workspace, "--allow-private", "127.0.0.0/8"];
  const command = [server, ...places, "--shared-engine", "on", "--engine-idle", `${idleMs}ms`];
  const peer = openPeer(spawn(process.execPath, command, { stdio: ["pipe", "pipe", "pipe"] }));
  try {
    await beginSession(peer);
    const call = openToolCall(peer);
    tell("front alone, before a call", memoryOf(peer.pid));
    await call("query_data", { sql: "select 1" });
    await call("scrape", { urls: [page] });
    const engine = (await findEngines(engineFolder()))[0]?.status.pid ?? 0;
    tell("front", memoryOf(peer.pid));
    tell("engine with its SQL process and page threads", memoryOf(engine));
    await call("calculate", { expression: "1 kg + 1 lb" });
    tell("front, after calculate", memoryOf(peer.pid));
    for (const inFlight of [1, 64]) {
      const perSecond = await callsPerSecond(peer, inFlight);
      console.log(`  calculate, ${String(inFlight).padEnd(2)} in flight ${perSecond.toFixed(0).padStart(29)} calls/s`);
    }
    await delay(idleMs + 2_000);
    tell("front, after the idle time", memoryOf(peer.pid));
    console.log(`  engines after the idle time ${String((await findEngines(engineFolder())).length).padStart(25)}`);
  } finally {
    await peer.end();
    await rm(workspace, { recursive: true, force: true });
  }
}

function tell(what: string, megabytes: number): void {
  console.log(`  ${what.padEnd(48)}${megabytes.toFixed(0).padStart(5)} MB`);
}

/** Calls with a different input each, so many of them always under way. */
async function callsPerSecond(peer: Peer, inFlight: number): Promise<number> {
  let sent = 0;
  let answered = 0;
  const send = () => {
    sent += 1;
    const params = { name: "calculate", arguments: { expression: `${sent} * 3 + ${inFlight}` } };
    peer.send({ jsonrpc: "2.0", id: `c${inFlight}-${sent}`, method: "tools/call", params });
  };
  const started = performance.now();
  for (let index = 0; index < inFlight; index += 1) send();
  while (answered < sent) {
    await peer.receive();
    answered += 1;
    if (performance.now() - started < measuredMs) send();
  }
  return (answered * 1_000) / (performance.now() - started);
}
