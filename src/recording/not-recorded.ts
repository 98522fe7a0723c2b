import { ToolError } from "../errors.ts";
import { log } from "../log.ts";
import type { JsonObject } from "../message.ts";
import { cutText } from "../text/text.ts";
import type { Recorded, Recording } from "./read.ts";
import { textOf } from "./tape.ts";

interface Missing {
  to: string;
  /** As it would be kept. */
  request: JsonObject;
  /** How often just this was asked before. */
  timesAsked: number;
}

/** A replay asks the network nothing: what was not recorded fails, and says what came nearest. Told in the log too. */
export function notRecorded(path: string, recording: Recording, missing: Missing): ToolError {
  const message = `${shown(missing)} is not in the recording ${path}${nearest(recording, missing)}; a replay asks nobody else, so record it again`;
  log.warn(message);
  return new ToolError("unavailable", message);
}

/** The recording breaks off, as of a process that was killed. */
export function brokenOff(path: string, { to, request }: Recorded): ToolError {
  const message = `the recording ${path} ends in the middle of the answer to ${shown({ to, request })}; it can be replayed up to here`;
  log.warn(message);
  return new ToolError("unavailable", message);
}

function nearest(recording: Recording, { to, request, timesAsked }: Missing): string {
  if (timesAsked > 0)
    return ` for another time: it was asked ${timesAsked === 1 ? "once" : `${timesAsked} times`} there`;
  const wanted = textOf(request);
  const known = [...recording.answers.values()].flatMap(([one]) => (one?.to === to ? [one] : []));
  const [best] = known
    .map((one) => ({ one, likeness: likeness(wanted, textOf(one.request)) }))
    .toSorted((a, b) => b.likeness - a.likeness);
  if (best === undefined) return `, which holds no question to ${to === "http" ? "the web" : to} at all`;
  return `; the nearest there is ${shown(best.one)}${difference(request, best.one.request)}`;
}

function shown({ to, request }: { to: string; request: JsonObject }): string {
  const { method, url } = request;
  if (to === "http") return `${String(method)} ${cutText(String(url), 300)}`;
  return `${to} ${cutText(textOf(request), 300)}`;
}

/** Where bodies are all that differs. */
function difference(asked: JsonObject, recorded: JsonObject): string {
  const [one, other] = [asked["body"], recorded["body"]];
  if (asked["url"] !== recorded["url"] || typeof one !== "string" || typeof other !== "string") return "";
  const at = commonStart(one, other);
  const around = (text: string) => JSON.stringify(text.slice(Math.max(0, at - 20), at + 60));
  return ` with another body: from character ${at + 1} on it has ${around(other)} in place of ${around(one)}`;
}

function likeness(one: string, other: string): number {
  const start = commonStart(one, other);
  return start + Math.min(commonStart(reversed(one), reversed(other)), Math.min(one.length, other.length) - start);
}

const maxCompared = 20_000;

function commonStart(one: string, other: string): number {
  const most = Math.min(one.length, other.length);
  let at = 0;
  while (at < most && one[at] === other[at]) at += 1;
  return at;
}

function reversed(text: string): string {
  return Array.from(text.slice(-maxCompared)).toReversed().join("");
}
