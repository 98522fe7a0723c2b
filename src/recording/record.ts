import { createHash } from "node:crypto";
import { closeSync, openSync, writeSync } from "node:fs";
import type { BodyLine } from "./lines.ts";
import { recordClient } from "./record-http.ts";
import { toFailure } from "./failure.ts";
import { openCounts, textOf, type Tape } from "./tape.ts";
import type { Taping } from "../taping.ts";
import type { Veil } from "./veil.ts";

export interface RecordOptions {
  /** A file that has its head; several processes may write to it. */
  path: string;
  veil: Veil;
  hasOtherServers: boolean;
}

/** Adds a line to the recording. Each is written whole and at once: a process that is killed loses none before it. */
export interface Recorder {
  write(line: BodyLine): void;
  /** Names a question, in a way that no other process does. */
  nextId(): string;
  /** A question is under way until it is ended, or the recording is closed. */
  begun(id: string): void;
  ended(id: string): void;
  veil: Veil;
}

export function openRecordingTape({ path, veil, hasOtherServers }: RecordOptions): Tape {
  const file = openSync(path, "a");
  const open = new Set<string>();
  let count = 0;
  let isClosed = false;
  const recorder: Recorder = {
    veil,
    write(line) {
      if (!isClosed) writeWhole(file, `${veil.cover(JSON.stringify(line))}\n`);
    },
    nextId: () => `${process.pid}-${(count += 1)}`,
    begun: (id) => void open.add(id),
    ended: (id) => void open.delete(id),
  };
  const callCount = openCounts();
  const runCount = openCounts();
  return {
    isReplay: false,
    hasOtherServers,
    root: openTaping(recorder, ""),
    ofCall: (tool, input) => openTaping(recorder, numbered(callName(tool, input, veil), callCount)),
    ofRun(sessionId) {
      const of = numbered(sessionId, runCount);
      return { events: [], add: (event) => recorder.write({ kind: "event", of, event }) };
    },
    close() {
      for (const id of open) recorder.write({ kind: "end", id, left: true });
      isClosed = true;
      closeSync(file);
    },
  };
}

/** Equal calls have one name, on whatever machine. */
export function callName(tool: string, input: unknown, veil: Veil): string {
  const digest = createHash("sha256")
    .update(veil.cover(textOf(input)))
    .digest("hex");
  return `${tool} ${digest.slice(0, 12)}`;
}

export function numbered(name: string, count: (name: string) => number): string {
  return `${name} ${count(name)}`;
}

function openTaping(recorder: Recorder, of: string): Taping {
  const reached = new Set<string>();
  return {
    isReplay: false,
    drawn(what, make) {
      const value = make();
      recorder.write({ kind: "value", of, what, value });
      return value;
    },
    measured(what, measure) {
      const value = measure();
      recorder.write({ kind: "value", of, what, value });
      return value;
    },
    inTurn(what) {
      recorder.write({ kind: "turn", of, what });
      return Promise.resolve();
    },
    async asked({ to, request, ask }) {
      const id = recorder.nextId();
      recorder.write({ kind: "asked", id, to, request });
      recorder.begun(id);
      try {
        const value = await ask((piece) => recorder.write({ kind: "piece", id, value: piece }));
        recorder.write({ kind: "end", id, value });
        return value;
      } catch (thrown) {
        recorder.write({ kind: "end", id, failure: toFailure(thrown) });
        throw thrown;
      } finally {
        recorder.ended(id);
      }
    },
    client: (client) => recordClient(client, recorder),
    reached(host, port, address) {
      const text = `${host} ${port} ${address}`;
      if (reached.has(text)) return;
      reached.add(text);
      recorder.write({ kind: "address", host, port, address });
    },
  };
}

/** Lines of several processes must not mix: one write appends one line, and what a full disk cut off is no line. */
function writeWhole(file: number, line: string): void {
  const bytes = Buffer.from(line);
  let written = writeSync(file, bytes);
  while (written < bytes.length) written += writeSync(file, bytes, written);
}
