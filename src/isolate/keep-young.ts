import { setFlagsFromString } from "node:v8";

/**
 * Whoever is started with one of these pays for it: V8 refuses code that was compiled without, that of Node's own modules
 * too, which then take half as long again to load.
 */
const flags = ["--no-allocation-site-pretenuring", "--no-incremental-marking"];

let isKept = false;

/**
 * Let V8 make all objects of this process among the young ones from now on: it took those of a page that was being read for
 * such as last, and kept page after page alive through them. And mark what is alive in one go: while V8 did so step by step,
 * whatever a hundred pages left behind became old. See decision 19. To be called when what is mostly needed is
 * loaded: what is compiled from then on is of no use to the next process.
 */
export function keepObjectsYoung(): void {
  if (isKept) return;
  isKept = true;
  for (const flag of flags) setFlagsFromString(flag);
}
