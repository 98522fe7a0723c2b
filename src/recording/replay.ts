import { log } from "../log.ts";
import { cutText } from "../text/text.ts";
import { cleanText } from "./clean-url.ts";
import { fromFailure } from "./failure.ts";
import { brokenOff, notRecorded } from "./not-recorded.ts";
import { keyOf, readRecording, type Recorded } from "./read.ts";
import { callName, numbered } from "./record.ts";
import { replayClient } from "./replay-http.ts";
import { openCounts, textOf, type Tape } from "./tape.ts";
import { openTurns, type Turns } from "./turns.ts";
import type { JsonObject, JsonValue } from "../message.ts";
import type { CheckAddress, Taping } from "../taping.ts";
import type { Veil } from "./veil.ts";

/** Finds what was recorded, each answer once. */
export interface Player {
  /** @throws ToolError where there is none */
  find(to: string, request: JsonObject): Recorded;
  has(to: string, request: JsonObject): boolean;
  /** Undefined where there is none, which is told in the log: what is made instead may make a difference. */
  value(of: string, what: string): string | number | undefined;
  turns(of: string): Turns;
  brokenOff(recorded: Recorded): Error;
  /** @throws ToolError `blocked_address` where an address that was reached must not be any more */
  check(origin: string, check: CheckAddress): void;
  uncover(chunk: Buffer): Buffer;
}

/** @throws ConfigError for a file that is no recording, or a damaged one */
export function openReplayTape(path: string, veil: Veil): Tape {
  const recording = readRecording(path, veil);
  const asked = openCounts();
  const drawn = openCounts();
  const player: Player = {
    find(to, request) {
      const covered = veil.cover(textOf(request));
      const key = keyOf(to, covered);
      const all = recording.answers.get(key) ?? [];
      const found = all[asked(key) - 1];
      if (found !== undefined) return found;
      const last = all.at(-1);
      // asked again because the answer broke off
      if (last !== undefined && last.end === undefined) throw brokenOff(path, last);
      const missing = JSON.parse(covered) as JsonObject; // it was one before some of its texts were covered
      throw notRecorded(path, recording, { to, request: missing, timesAsked: all.length });
    },
    has: (to, request) => recording.answers.has(keyOf(to, veil.cover(textOf(request)))),
    value(of, what) {
      const key = keyOf(of, cleanText(what));
      const value = recording.values.get(key)?.[drawn(key) - 1];
      if (value === undefined) log.warn(lacks(path, of, cleanText(what)));
      return value;
    },
    turns: (of) => openTurns(recording.turns.get(of) ?? []),
    brokenOff: (recorded) => brokenOff(path, recorded),
    check(origin, check) {
      const { hostname, port, protocol } = new URL(origin);
      const number = Number(port || (protocol === "https:" ? 443 : 80));
      const host = hostname.replace(/^\[(.*)\]$/, "$1");
      for (const address of recording.addresses.get(`${host} ${number}`) ?? []) check(host, number, address);
    },
    uncover: (chunk) => veil.uncoverBytes(chunk),
  };
  const callCount = openCounts();
  const runCount = openCounts();
  return {
    isReplay: true,
    hasOtherServers: recording.head.other_servers,
    root: openTaping(player, ""),
    ofCall: (tool, input) => openTaping(player, numbered(callName(tool, input, veil), callCount)),
    ofRun: (sessionId) => ({
      events: recording.events.get(numbered(sessionId, runCount)) ?? [],
      add: () => undefined,
    }),
    close: () => undefined,
  };
}

function lacks(path: string, of: string, what: string): string {
  const whose = of === "" ? "" : ` of ${of}`;
  return `the recording ${path} holds no value for "${cutText(what, 200)}"${whose}: a new one is made, so what comes out may differ from what was recorded`;
}

function openTaping(player: Player, of: string): Taping {
  let turns: Turns | undefined;
  return {
    isReplay: true,
    drawn(what, make) {
      const value = player.value(of, what);
      return typeof value === "string" ? value : make();
    },
    measured(what, measure) {
      const value = player.value(of, what);
      return typeof value === "number" ? value : measure();
    },
    inTurn: (what) => (turns ??= player.turns(of)).take(cleanText(what)),
    async asked({ to, request, onPiece, otherwise }): Promise<JsonValue> {
      if (otherwise !== undefined && !player.has(to, request)) return otherwise;
      const recorded = player.find(to, request);
      for (const piece of recorded.pieces) await onPiece?.(piece);
      const { end } = recorded;
      if (end?.failure !== undefined) throw fromFailure(end.failure);
      if (end?.value === undefined) throw player.brokenOff(recorded);
      return end.value;
    },
    client: (client, check) => replayClient(client, player, check),
    reached: () => undefined,
  };
}
