import { existsSync } from "node:fs";
import { join } from "node:path";
import { ConfigError } from "../../errors.ts";
import { isJsonObject } from "../../message.ts";
import type { Client } from "./clients.ts";
import type { ServerEntry } from "./entry.ts";

/** How this installation is started, whatever its caller's PATH is: both paths are absolute. */
export interface Installation {
  /** Node itself, or the executable that has it in it. */
  program: string;
  /** `mcp-server.js` of the package that is running; the executable's own `mcp`. */
  entry: string;
}

/**
 * @param options the server's options, their paths absolute
 * @throws ConfigError where the package lies in a place that may be cleared
 */
export function serverEntry({ program, entry }: Installation, client: Client, options: readonly string[]): ServerEntry {
  if (/[\\/]_npx[\\/]/.test(entry)) {
    throw new ConfigError(
      "axoner was started by npx, from a cache that npm clears; install it with `npm install -g axoner`, then run `axoner install` again",
    );
  }
  const waiting = options.includes("--answer-within") ? [] : ["--answer-within", client.answerWithin];
  return { ...client.extra, command: lastingNode(program), args: [entry, ...waiting, ...options] };
}

/**
 * The path of Node that outlives its next update: Homebrew keeps one beside the numbered folders. A version manager such as nvm has none;
 * there the version that is running is named, and stays until the user removes it.
 */
function lastingNode(node: string): string {
  const [, prefix = "", formula = ""] = /^(.*)\/Cellar\/(node(?:@\d+)?)\/[^/]+\/bin\/node$/.exec(node) ?? [];
  const linked = join(prefix, "opt", formula, "bin", "node");
  return prefix !== "" && existsSync(linked) ? linked : node;
}

/** Whether an entry starts an axoner, this one or another. */
export function startsAxoner(entry: unknown): boolean {
  if (!isJsonObject(entry)) return false;
  const args: readonly unknown[] = Array.isArray(entry["args"]) ? entry["args"] : [];
  const words = [entry["command"], ...args].filter((word) => typeof word === "string");
  return words.some((word) =>
    /(^|[\\/])(axoner(-\d[\w.-]*)?(\.cmd|\.exe)?|axoner@[^\\/]+|dist[\\/]mcp-server\.js)$/.test(word),
  );
}
