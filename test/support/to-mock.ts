import type { Host } from "../../src/host.ts";
import type { NodeHost } from "../../src/runtime/node-host.ts";

/** A host on which the services' own addresses lead to a mock, so that each is spoken to in its own dialect. */
export function leadingTo(origin: string, host: NodeHost): Host {
  return { ...host, fetch: (url, init) => host.fetch(`${origin}${toMockPath(url)}`, init) };
}

/** Groq has its endpoints below `/openai`. */
export function toMockPath(url: string): string {
  return new URL(url).pathname.replace(/^\/openai/, "");
}
