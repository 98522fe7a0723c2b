import type { SqlProcess } from "./sql-process.ts";
import { ToolError } from "../../errors.ts";
import {
  memoryBytes,
  type FromChild,
  type KeptDraft,
  type StatementJob,
  type StatementProgress,
  type ToChild,
  type WireAnswer,
  type WireSource,
} from "./sql-wire.ts";
import { tooMuchMemory } from "./watch-process.ts";

export interface Conversation {
  signal: AbortSignal;
  /** What the tables of the statement are. What it throws as `ToolError` ends the statement. */
  resolve: (tables: string[]) => Promise<WireSource[]>;
  /** Told now and then how far the statement is; it may begin again. */
  onProgress: (progress: StatementProgress) => void;
}

export interface Outcome {
  /** Gives what the child answered, or throws it. */
  answer: () => WireAnswer;
  /** Whether the child waits for the next statement. */
  reusable: boolean;
  /** The copies that the child offers to make before it takes another statement. */
  copies: OfferedCopies | undefined;
}

export interface OfferedCopies {
  keys: string[];
  /** Gives those that can be made; rejects when the child ends before, or takes too much for them. */
  make: () => Promise<KeptDraft[]>;
}

/** Give a child its statement and hear it out. Settles at once when the signal aborts; the caller then kills it. */
export function converse(
  child: SqlProcess,
  job: StatementJob,
  { signal, resolve, onProgress }: Conversation,
): Promise<Outcome> {
  return new Promise((settle) => {
    const listening = new AbortController();
    const finish = (outcome: Outcome) => {
      listening.abort();
      child.off("message", receive).off("exit", lost).off("error", lost);
      settle(outcome);
    };
    const fail = (thrown: unknown, reusable: boolean) =>
      finish({
        reusable,
        copies: undefined,
        answer: () => {
          throw thrown;
        },
      });
    const send = (message: ToChild) => void child.send(message, (cause) => cause !== null && lost());
    const lost = () =>
      fail(
        new ToolError(
          "unavailable",
          "the process that runs SQL ended, perhaps for want of memory; try again, and read less if it repeats",
        ),
        false,
      );

    function receive(received: unknown): void {
      const message = received as FromChild;
      if (message.type === "parsed")
        resolve(message.tables).then((sources) => send({ type: "sources", sources }), refuse);
      else if (message.type === "progress") onProgress(message);
      else if (message.type === "answer") {
        const { keeps: keys } = message.answer;
        const copies = keys.length === 0 ? undefined : { keys, make: () => makeDrafts(child) };
        finish({ reusable: true, copies, answer: () => message.answer });
      } else if (message.type === "kept") fail(new Error("the SQL process tells of copies nobody waits for"), false);
      else if (message.type === "failed") fail(new ToolError(message.code, message.message), true);
      else if (message.type === "exhausted") fail(tooMuchMemory(memoryBytes(job)), false);
      else fail(new Error(`a defect in the SQL process: ${message.stack}`), false);
    }

    function refuse(thrown: unknown): void {
      if (thrown instanceof ToolError) send({ type: "refused", code: thrown.code, message: thrown.message });
      else fail(thrown, false);
    }

    if (signal.aborted) {
      fail(signal.reason, false);
      return;
    }
    signal.addEventListener("abort", () => fail(signal.reason, false), { once: true, signal: listening.signal });
    child.on("message", receive).on("exit", lost).on("error", lost);
    send({ type: "statement", job });
  });
}

function makeDrafts(child: SqlProcess): Promise<KeptDraft[]> {
  const { promise, resolve, reject } = Promise.withResolvers<KeptDraft[]>();
  const receive = (received: unknown) => {
    const message = received as FromChild;
    if (message.type === "kept") resolve(message.drafts);
    else reject(new Error(`the SQL process could not make copies: ${message.type}`));
  };
  const lost = () => reject(new Error("the SQL process ended while it made copies"));
  child.on("message", receive).on("exit", lost).on("error", lost);
  const message: ToChild = { type: "keep" };
  child.send(message, (cause) => cause !== null && lost());
  const forget = () => void child.off("message", receive).off("exit", lost).off("error", lost);
  promise.then(forget, forget);
  return promise;
}
