import { spawn } from "node:child_process";
import { join } from "node:path";
import { unshared } from "../process/unshared.ts";
import { beginSession, openPeer, type Peer as Connected } from "../process/peer.ts";
import type { Peers } from "./peers.ts";
import type { Place } from "./stages.ts";

const inFlight = [1, 64] as const;
const rounds = 3;
const measuredMs = 2_000;
const reference = "Python mcp";
/** How many times the calls of `reference` are wanted, by how many are in flight. */
const wanted: Record<number, number> = { 1: 4, 64: 8 };

/** A call, by its number; and whether an answer is that of the call. */
interface Work {
  call: (nth: number) => object;
  isRight: (nth: number, reply: string) => boolean;
}

const calculate: Work = {
  call: (nth) => ({ name: "calculate", arguments: { expression: `${nth} * 3 + 1` } }),
  isRight: (nth, reply) => reply.includes(`"result":"${nth * 3 + 1}"`),
};
const add: Work = {
  call: (nth) => ({ name: "add", arguments: { a: nth * 3, b: 1 } }),
  isRight: (nth, reply) => reply.includes(`"text":"${nth * 3 + 1}"`) || reply.includes(`"text":"${nth * 3 + 1}.0"`),
};

/** Print how many calls a second a server answers, `calculate` beside the others' `add`, a different one each time. */
export async function measureRates({ root, folder }: Place, { servers }: Peers): Promise<void> {
  const own = [process.execPath, join(root, "dist/mcp-server.js"), ...unshared, "--workspace", join(folder, "shared")];
  const all = [
    { name: "axoner", command: own, work: calculate },
    ...servers.map((server) => ({ ...server, work: add })),
  ];
  const best = new Map<string, number>();
  for (let round = 0; round < rounds; round += 1) {
    for (const { name, command, work } of all) {
      const [program = "", ...args] = command;
      const peer = openPeer(spawn(program, args, { stdio: ["pipe", "pipe", "pipe"] }));
      await beginSession(peer);
      peer.send({ jsonrpc: "2.0", method: "notifications/initialized" });
      for (const atOnce of inFlight) {
        const key = `${name} ${atOnce}`;
        best.set(key, Math.max(best.get(key) ?? 0, await callsPerSecond(peer, atOnce, work)));
      }
      await peer.end();
    }
  }
  for (const atOnce of inFlight) {
    const least = best.get(`${reference} ${atOnce}`);
    console.log(`calls a second, ${atOnce} in flight, the most of ${rounds} rounds`);
    for (const { name } of all) {
      const rate = best.get(`${name} ${atOnce}`) ?? 0;
      const ratio = least === undefined ? "" : `${(rate / least).toFixed(1).padStart(7)} x ${reference}`;
      const note = name === "axoner" && least !== undefined ? `  (wanted: ${wanted[atOnce]})` : "";
      console.log(`  ${name.padEnd(18)}${rate.toFixed(0).padStart(8)}${ratio}${note}`);
    }
  }
}

/** So many calls are always under way. Each answer is checked. */
async function callsPerSecond(peer: Connected, atOnce: number, { call, isRight }: Work): Promise<number> {
  let sent = 0;
  let answered = 0;
  const send = () => {
    sent += 1;
    peer.send({ jsonrpc: "2.0", id: atOnce * 1_000_000 + sent, method: "tools/call", params: call(sent) });
  };
  const started = performance.now();
  for (let index = 0; index < atOnce; index += 1) send();
  while (answered < sent) {
    const reply = await peer.receiveLine();
    const nth = Number(/"id":(\d+)/.exec(reply)?.[1]) - atOnce * 1_000_000;
    if (!isRight(nth, reply)) throw new Error(`a wrong answer to call ${nth}: ${reply.slice(0, 500)}`);
    answered += 1;
    if (performance.now() - started < measuredMs) send();
  }
  return (answered * 1_000) / (performance.now() - started);
}
