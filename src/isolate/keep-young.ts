import { setFlagsFromString } from "node:v8";
import { saveCompiledCode } from "../compiled-code.ts";

/**
 * V8 refuses code that was compiled under another of these, that of Node's own modules too, which then take twice as long
 * to load. So no process is started with them.
 */
const flags = ["allocation-site-pretenuring"];

let isKept = false;

/**
 * Let V8 make all objects of this process among the young ones from now on: it took those of a page that was being read for
 * such as last, and kept page after page alive through them. See decision 19.
 */
export function keepObjectsYoung(): void {
  if (isKept) return;
  saveCompiledCode();
  for (const flag of flags) setFlagsFromString(`--no-${flag}`);
  isKept = true;
  // at its end Node saves what it has compiled since
  process.once("exit", useUsualFlags);
}

/** Save compiled code for processes that start: under their flags. */
export function saveForNextStart(): void {
  useUsualFlags();
  saveCompiledCode();
  if (isKept) for (const flag of flags) setFlagsFromString(`--no-${flag}`);
}

function useUsualFlags(): void {
  for (const flag of flags) setFlagsFromString(`--${flag}`);
}
