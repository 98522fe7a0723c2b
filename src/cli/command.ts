import type { Readable, Writable } from "node:stream";
import type { Agent } from "../agent/agent.ts";
import type { Ask } from "../agent/approval-policy.ts";
import type { Machine } from "../config/machine.ts";
import type { Engine } from "../engine/engine.ts";
import type { Diagnose } from "./doctor/finding.ts";
import type { Models } from "../providers/provider.ts";
import type { SessionStore } from "../session/store.ts";

/** One subcommand: takes the arguments that are no options of the configuration, resolves with the exit code. */
export type Command = (args: readonly string[], context: CommandContext) => Promise<ExitCode>;

/** What a subcommand may use. `stdout` carries the result alone; everything else is said on `stderr`. */
export interface CommandContext {
  /** The session to continue or begin, from `--session`. */
  session: string | undefined;
  machine: Machine;
  /**
   * The options that the command line set, for another start in any folder.
   *
   * @throws ConfigError for those that are not to be written down
   */
  repeatOptions(): string[];
  stdin: Input;
  stdout: Output;
  stderr: Output;
  /** Aborts when the user interrupts. */
  signal: AbortSignal;
  /** Whether a provider of models is configured, or a key of one is there. */
  hasProvider: boolean;
  /** Opened on demand; whoever made the context closes them. */
  openEngine(): Promise<Engine>;
  /** The first call says how its user is asked about calls of tools, where there is one. */
  openAgent(ask?: Ask): Promise<Agent>;
  /** The model that the agent uses, and others that the user names. */
  openModels(): Promise<Models>;
  /** What works here, for `axoner doctor`. */
  diagnose: Diagnose;
  /** Have what interrupts told to the listener instead of ending the command, until the result is called. */
  onInterrupt(listener: () => void): () => void;
  /** A file of the workspace that only this command writes. */
  stateFile(name: string): Promise<string>;
  openStore(): Promise<SessionStore>;
}

/** A stream that may be a terminal. */
export interface Input extends Readable {
  isTTY?: boolean;
}

/** A stream that may be a terminal, e.g. `process.stdout`. */
export interface Output extends Writable {
  isTTY?: boolean;
  columns?: number;
  rows?: number;
  /** Whether a terminal shows colours, and wants to. */
  hasColors?(): boolean;
}

export const exitCodes = { done: 0, failed: 1, usage: 2, limit: 3, provider: 4, cancelled: 130 } as const;

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];
