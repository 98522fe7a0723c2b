import type { CallingRun, Progress, ToolDefinition, ToolResult } from "../tools/tool.ts";

/**
 * Where tools run. A local engine runs them in this process, a hosted one in a process of its own; callers cannot
 * tell them apart, and `test/contracts/engine.ts` holds them to that.
 */
export interface Engine {
  /** The tools this engine runs, in the order they are listed to clients. */
  definitions(): Promise<readonly ToolDefinition[]>;
  /**
   * Run one tool. Resolves with a result, `ok` or not, for anything that can go wrong, an unknown name, a bad
   * input and a lost process included. After an abort it resolves within a second with code `cancelled`.
   */
  call(name: string, input: unknown, options: CallOptions): Promise<ToolResult>;
  /** Stop what runs and free every process, thread and file. Calls in flight resolve as `cancelled`. */
  close(): Promise<void>;
}

export interface CallOptions {
  /**
   * Its abort stops the work. Where that was answered as a job it does so until the answer is passed on: nobody knows the
   * job's id before.
   */
  signal: AbortSignal;
  /** Aborts in the moment in which the answer is passed on to whoever asked for it. */
  passedOn?: AbortSignal | undefined;
  progress: (update: Progress) => void;
  /** As `ToolContext.caller`; it does not reach tools that run in another process. */
  caller?: CallingRun | undefined;
  /**
   * An engine that keeps jobs answers a call that takes longer as `running`, and goes on with it. Others take no notice,
   * and so do those that do where it is left out.
   */
  answerWithinMs?: number | undefined;
}
