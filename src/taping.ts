import { AsyncLocalStorage } from "node:async_hooks";
import type { Dispatcher } from "undici";
import type { JsonObject, JsonValue } from "./message.ts";

/**
 * What is recorded of a piece of work, or plays it again: what the world answered, and what else its outcome hangs on
 * besides its input. `recording/` makes them; without a recording there is none.
 */
export interface Taping {
  /** Whether the world is not asked: what was recorded answers. */
  readonly isReplay: boolean;
  /** A text of the clock or of chance, by what it is for; several of one purpose in their order. */
  drawn(what: string, make: () => string): string;
  /** As `drawn`, for what was measured. */
  measured(what: string, measure: () => number): number;
  /** Resolves in the order in which these came when they were recorded. */
  inTurn(what: string): Promise<void>;
  /**
   * Ask something that is not asked by HTTP. What `ask` rejects with is recorded too.
   *
   * @throws ToolError in a replay, for what was not recorded
   */
  asked(question: TapedQuestion): Promise<JsonValue>;
  /** The same client, recorded or replayed. In a replay what it would connect to is still checked. */
  client(client: Dispatcher, check: CheckAddress | undefined): Dispatcher;
  /** Tell which addresses a name has, so that a replay can check them again. */
  reached(host: string, port: number, address: string): void;
}

export interface TapedQuestion {
  /** Whom: `database`, `mcp`, … */
  to: string;
  request: JsonObject;
  /** @param keep takes each piece of an answer that comes in pieces */
  ask: (keep: (piece: JsonValue) => void) => Promise<JsonValue>;
  /** The answer of a replay to what was not recorded. Default: that fails. */
  otherwise?: JsonValue;
  /** Told each recorded piece again. */
  onPiece?: (piece: JsonValue) => Promise<void>;
}

/** @throws ToolError `blocked_address` */
export type CheckAddress = (host: string, port: number, address: string) => void;

const current = new AsyncLocalStorage<Taping>();

/** What records or replays the work that asks, if anything does. */
export function currentTaping(): Taping | undefined {
  return current.getStore();
}

/** Do the work as a part of a recording. */
export function whileTaping<Result>(taping: Taping, work: () => Result): Result {
  return current.run(taping, work);
}

/** A text of the clock or of chance. A replay gives the one that was recorded. */
export function drawn(what: string, make: () => string): string {
  return current.getStore()?.drawn(what, make) ?? make();
}

/** What was measured. A replay gives what was recorded. */
export function measured(what: string, measure: () => number): number {
  return current.getStore()?.measured(what, measure) ?? measure();
}
