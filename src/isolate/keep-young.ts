import { setFlagsFromString } from "node:v8";
import { saveCompiledCode } from "../compiled-code.ts";

let isKept = false;

/**
 * Let V8 make all objects of this process among the young ones from now on: it took those of a page that was being read for
 * such as last, and kept page after page alive through them. See decision 19. V8 refuses code that was compiled under other
 * flags, that of Node's own modules too, which then take twice as long to load. So the flag is set once they are there.
 */
export function keepObjectsYoung(): void {
  if (isKept) return;
  saveCompiledCode();
  setFlagsFromString("--no-allocation-site-pretenuring");
  isKept = true;
  // at its end Node saves what it has compiled since
  process.once("exit", useUsualFlags);
}

/** Save compiled code for processes that start: with their flags. */
export function saveForNextStart(): void {
  useUsualFlags();
  saveCompiledCode();
  if (isKept) setFlagsFromString("--no-allocation-site-pretenuring");
}

function useUsualFlags(): void {
  setFlagsFromString("--allocation-site-pretenuring");
}
