import { existsSync, readFileSync, realpathSync } from "node:fs";
import { basename, dirname, isAbsolute, join, win32 } from "node:path";
import { isJsonObject } from "../../message.ts";
import { thisInstallation } from "./this-server.ts";

/**
 * Whether an entry of a client's settings starts the MCP server of an axoner, this one or another. Such an entry is
 * edited without being asked, and `axoner doctor` starts it: where it is not sure, the answer is no.
 */
export function startsAxoner(entry: unknown, own = thisInstallation()): boolean {
  const words = wordsOf(entry);
  if (words === undefined) return false;
  const [command = "", ...args] = words;
  if (command === own.program && args[0] === own.entry) return true;
  const program = programOf(command);
  if (/^axoner(-\d[\w.+-]*)?$/.test(program)) return startsServer(args);
  if (/^(node|nodejs|bun)$/.test(program)) return runsServer(args, entry);
  if (/^python(\d(\.\d+)?)?$/.test(program))
    return args[0] === "-m" && args[1] === "axoner" && startsServer(args.slice(2));
  if (program === "cmd" && args[0]?.toLowerCase() === "/c") return fetchesServer(args.slice(1));
  return fetchesServer(words);
}

/** Whether it is what `axoner install` writes: whatever else is in it is kept by the next one. */
export function isWritten(entry: unknown): boolean {
  const [command = "", ...args] = wordsOf(entry) ?? [];
  return (isAbsolute(command) || win32.isAbsolute(command)) && args.includes("--answer-within");
}

/** The command and its arguments; undefined where they are not what a client starts. */
function wordsOf(entry: unknown): string[] | undefined {
  if (!isJsonObject(entry)) return undefined;
  const { command, args = [] } = entry;
  if (typeof command !== "string" || !Array.isArray(args)) return undefined;
  const words = args.filter((word) => typeof word === "string");
  return words.length === args.length ? [command, ...words] : undefined;
}

function programOf(command: string): string {
  return win32.basename(command).replace(/\.(exe|cmd)$/i, ""); // which knows both separators
}

function startsServer([first]: readonly string[]): boolean {
  return first === undefined || first === "mcp";
}

/** Node with a file of ours. */
function runsServer(args: readonly string[], entry: unknown): boolean {
  const at = args.findIndex((word) => !word.startsWith("--"));
  const script = args[at];
  if (script === undefined) return false;
  const path = isAbsolute(script) || win32.isAbsolute(script) ? script : within(entry, script);
  if (path === undefined) return false;
  if (!existsSync(path)) return /[\\/]axoner[\\/](?:[^\\/]+[\\/])*dist[\\/]mcp-server\.js$/.test(path); // of before, and not to be started
  const real = realpathSync(path);
  const isServer = basename(real) === "mcp-server.js";
  if (!isServer && !(basename(real) === "cli.js" && startsServer(args.slice(at + 1)))) return false;
  return packageAt(dirname(dirname(real))) === "axoner";
}

function within(entry: unknown, script: string): string | undefined {
  const cwd = isJsonObject(entry) ? entry["cwd"] : undefined;
  return typeof cwd === "string" && isAbsolute(cwd) ? join(cwd, script) : undefined;
}

function packageAt(folder: string): unknown {
  try {
    const described: unknown = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
    return isJsonObject(described) ? described["name"] : undefined;
  } catch {
    return undefined; // whatever it is, it does not say that it is axoner
  }
}

/** What runs a package by its name, and the words before the name. */
const runners = /^(npx|bunx|pnpx|uvx|pnpm dlx|yarn dlx|bun x|npm (exec|x)|uv tool run|pipx run)$/;

const plainFlags: ReadonlySet<string> = new Set(["-y", "--yes", "-q", "--quiet", "--isolated", "--offline", "--"]);
const namesPackage: ReadonlySet<string> = new Set(["--from", "--package", "--spec"]);

/** `npx -y axoner mcp`, `uvx --from axoner[node] axoner mcp` and the like. */
function fetchesServer([command = "", ...args]: readonly string[]): boolean {
  const program = programOf(command);
  const verbs = [0, 1, 2].find((count) => runners.test([program, ...args.slice(0, count)].join(" ")));
  return verbs !== undefined && namesServer(args.slice(verbs));
}

function namesServer([word, ...rest]: readonly string[]): boolean {
  if (word === undefined) return false;
  if (plainFlags.has(word)) return namesServer(rest);
  if (namesPackage.has(word)) return isPackage(rest[0]) && namesServer(rest.slice(1));
  return isPackage(word) && startsServer(rest);
}

function isPackage(word: string | undefined): boolean {
  return word !== undefined && /^axoner(\[[\w,-]+\])?((@|==)[\w.^~*+-]+)?$/.test(word);
}
