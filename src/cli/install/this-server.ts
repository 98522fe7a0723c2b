import { existsSync } from "node:fs";
import { isSea } from "node:sea";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { entryUrl } from "../../entries.ts";
import { ConfigError } from "../../errors.ts";
import type { Client } from "./clients.ts";
import type { ServerEntry } from "./entry.ts";

/** How this installation is started, whatever its caller's PATH is: both paths are absolute. */
export interface Installation {
  /** Node itself, or the executable that has it in it. */
  program: string;
  /** `mcp-server.js` of the package that is running; the executable's own `mcp`. */
  entry: string;
}

export interface WrittenEntry extends ServerEntry {
  readonly command: string;
  readonly args: readonly string[];
}

export function thisInstallation(): Installation {
  return { program: process.execPath, entry: isSea() ? "mcp" : fileURLToPath(entryUrl("mcp-server")) };
}

/**
 * @param options the server's options, their paths absolute
 * @throws ConfigError where the package lies in a place that may be cleared
 */
export function serverEntry(
  { program, entry }: Installation,
  client: Client,
  options: readonly string[],
): WrittenEntry {
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
