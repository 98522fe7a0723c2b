import { startEarly, type StartRunner } from "../isolate/pool.ts";
import { startThread } from "../isolate/thread.ts";

/** It reads nothing that could take as much. */
const memoryMb = 104;
/** V8 would take twice as much and look for garbage half as often. */
const youngMb = 12;

/** Starts a thread that reads pages. */
export const startPageThread: StartRunner = startThread("page-worker", memoryMb, youngMb);

/** One for the first page, started before there is a pool. It keeps nobody alive, and ends with us. */
export function startPageThreadEarly(): StartRunner {
  return startEarly(startPageThread);
}
