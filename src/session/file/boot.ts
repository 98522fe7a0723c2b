import { readFileSync } from "node:fs";
import { uptime } from "node:os";

/** Another one after every start of the machine. */
export function bootId(): string {
  try {
    return readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
  } catch {
    // elsewhere the time of the start, to the minute; where clocks are set meanwhile, journals are read once too often
    return `started ${Math.round((Date.now() / 1_000 - uptime()) / 60)}`;
  }
}
