import type * as api from "@opentelemetry/api";
import { log } from "../log.ts";

export type Api = typeof api;

/** Where all copies of OpenTelemetry's API in one process find what was registered. */
const registered = Symbol.for("opentelemetry.js.api.1");
let isTold = false;

/** OpenTelemetry's API, where this program has set OpenTelemetry up; else nothing is loaded. */
export async function loadApi(): Promise<Api | undefined> {
  if (!(registered in globalThis)) return undefined;
  try {
    return await import("@opentelemetry/api");
  } catch (thrown) {
    if (!isTold) log.warn("runs are not traced, because axoner cannot find @opentelemetry/api; install it", thrown);
    isTold = true;
    return undefined;
  }
}
