import { readFileSync } from "node:fs";
import { ConfigError, errorMessage } from "../errors.ts";
import type { JsonObject, JsonValue } from "../message.ts";
import { bodyLine, headLine, type BodyLine, type Failure, type HeadLine } from "./lines.ts";
import { textOf } from "./tape.ts";
import type { Veil } from "./veil.ts";

/** An answer as it was recorded. */
export interface Recorded {
  to: string;
  /** As it was kept, without what was covered. */
  request: JsonObject;
  head: { status: number; headers: Record<string, string | string[]>; reason: string } | undefined;
  chunks: Buffer[];
  pieces: JsonValue[];
  /** Undefined where the recording ends before the answer does. */
  end: { value: JsonValue | undefined; failure: Failure | undefined; isLeft: boolean } | undefined;
}

/** All that a recording holds, in the order in which it was recorded. */
export interface Recording {
  head: HeadLine;
  /** By whom was asked and what, as text. */
  answers: Map<string, Recorded[]>;
  /** By whose and what they are. */
  values: Map<string, (string | number)[]>;
  /** By whose they are. */
  turns: Map<string, string[]>;
  events: Map<string, JsonObject[]>;
  /** Addresses by `host port`. */
  addresses: Map<string, string[]>;
}

/** @throws ConfigError for a file that cannot be read, or is no recording of this version */
export function readHead(path: string): HeadLine {
  return parseHead(path, readText(path).split("\n", 1)[0] ?? "");
}

/**
 * Read a recording. Its last line may be torn: whoever wrote it may have been killed.
 *
 * @throws ConfigError as `readHead`, and for a damaged line
 */
export function readRecording(path: string, veil: Veil): Recording {
  const [first = "", ...lines] = readText(path).split("\n");
  const recording: Recording = {
    head: parseHead(path, first),
    answers: new Map(),
    values: new Map(),
    turns: new Map(),
    events: new Map(),
    addresses: new Map(),
  };
  const byId = new Map<string, Recorded>();
  for (const [index, text] of lines.entries()) {
    if (text === "") continue;
    const line = parseLine(text, veil);
    if (line !== undefined) take(recording, byId, line);
    else if (index < lines.length - 1) throw damaged(path, index + 2);
  }
  return recording;
}

function readText(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (thrown) {
    throw new ConfigError(
      `the recording ${path} cannot be read: ${errorMessage(thrown)}; name one that --record made with --replay`,
      { cause: thrown },
    );
  }
}

function parseHead(path: string, text: string): HeadLine {
  const parsed = headLine.safeParse(parseJson(text));
  if (parsed.success) return parsed.data;
  const advice = "name a file that --record made, or record it again with this version";
  throw new ConfigError(`${path} does not begin as a recording of version 1 does; ${advice}`);
}

/** What was asked stays covered, as what is asked will be: so they can be compared on any machine. */
function parseLine(text: string, veil: Veil): BodyLine | undefined {
  const isQuestion = text.startsWith('{"kind":"asked"');
  return bodyLine.safeParse(parseJson(isQuestion ? text : veil.uncover(text))).data;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // said by whoever wanted an object
  }
}

function damaged(path: string, line: number): ConfigError {
  return new ConfigError(`line ${line} of the recording ${path} is damaged; record it again, or remove what is wrong`);
}

function take(recording: Recording, byId: Map<string, Recorded>, line: BodyLine): void {
  switch (line.kind) {
    case "asked": {
      const { to, request } = line;
      const recorded: Recorded = { to, request, head: undefined, chunks: [], pieces: [], end: undefined };
      byId.set(line.id, recorded);
      return push(recording.answers, keyOf(to, textOf(request)), recorded);
    }
    case "value":
      return push(recording.values, keyOf(line.of, line.what), line.value);
    case "turn":
      return push(recording.turns, line.of, line.what);
    case "event":
      return push(recording.events, line.of, line.event);
    case "address":
      return push(recording.addresses, `${line.host} ${line.port}`, line.address);
    default:
      return add(byId.get(line.id), line);
  }
}

function add(
  recorded: Recorded | undefined,
  line: Extract<BodyLine, { kind: "head" | "data" | "piece" | "end" }>,
): void {
  if (recorded === undefined) return;
  if (line.kind === "head") {
    const { status, headers, reason = "" } = line;
    recorded.head = { status, headers, reason };
  } else if (line.kind === "data") recorded.chunks.push(bytesOf(line));
  else if (line.kind === "piece") recorded.pieces.push(line.value);
  else recorded.end = { value: line.value, failure: line.failure, isLeft: line.left === true };
}

function bytesOf({ text, base64 }: { text?: string | undefined; base64?: string | undefined }): Buffer {
  return text === undefined ? Buffer.from(base64 ?? "", "base64") : Buffer.from(text, "utf8");
}

export function keyOf(whose: string, what: string): string {
  return `${whose}\n${what}`;
}

function push<Item>(lists: Map<string, Item[]>, key: string, item: Item): void {
  const list = lists.get(key);
  if (list === undefined) lists.set(key, [item]);
  else list.push(item);
}
