import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { systemErrorCode, ToolError } from "../errors.ts";

const maxVisited = 100_000;
const maxAlternatives = 64;

/** Whether a source has wildcards. A path that exists under exactly this name is better taken as a path. */
export function isGlob(source: string): boolean {
  return /[*?[{]/.test(source);
}

/**
 * The files under a folder that match a pattern: `*`, `?`, `[a-z]`, `{a,b}` and `**` for any depth, sorted.
 * Links to folders are not entered, and hidden names match only a pattern that spells their dot.
 *
 * @param folder absolute
 * @param pattern relative to the folder, with `/` between its segments
 * @throws ToolError `invalid_input` for `..` in the pattern, `too_large` for more than `maxFiles` matches
 */
export async function matchFiles(folder: string, pattern: string, maxFiles: number): Promise<string[]> {
  const found = new Set<string>();
  const budget = { visited: 0, maxFiles, pattern };
  for (const alternative of expandBraces(pattern)) {
    const segments = alternative.split("/").filter((segment) => segment !== "" && segment !== ".");
    if (segments.includes("..")) throw new ToolError("invalid_input", `the glob '${pattern}' may not contain ..`);
    await walk(folder, segments, found, budget);
  }
  return [...found].toSorted();
}

interface Budget {
  visited: number;
  maxFiles: number;
  pattern: string;
}

async function walk(folder: string, segments: string[], found: Set<string>, budget: Budget): Promise<void> {
  const [segment, ...rest] = segments;
  if (segment === undefined) return;
  if (segment === "**") {
    await walk(folder, rest.length === 0 ? ["*"] : rest, found, budget);
    for (const entry of await entries(folder, budget)) {
      if (entry.isDirectory() && !entry.name.startsWith("."))
        await walk(join(folder, entry.name), segments, found, budget);
    }
    return;
  }
  for (const entry of await entries(folder, budget)) {
    if (!matchesName(entry.name, segment)) continue;
    const path = join(folder, entry.name);
    if (rest.length > 0) {
      if (entry.isDirectory()) await walk(path, rest, found, budget);
    } else if (entry.isFile() || entry.isSymbolicLink()) {
      found.add(path);
      if (found.size > budget.maxFiles)
        throw new ToolError("too_large", `'${budget.pattern}' matches more than ${budget.maxFiles} files; narrow it`);
    }
  }
}

async function entries(folder: string, budget: Budget) {
  try {
    const list = await readdir(folder, { withFileTypes: true });
    budget.visited += list.length + 1;
    if (budget.visited > maxVisited)
      throw new ToolError("too_large", `'${budget.pattern}' would search too many files; narrow it`);
    return list;
  } catch (thrown) {
    // A folder that vanished or may not be listed holds no match.
    if (["ENOENT", "ENOTDIR", "EACCES", "EPERM"].includes(systemErrorCode(thrown) ?? "")) return [];
    throw thrown;
  }
}

function expandBraces(pattern: string): string[] {
  let expanded = [pattern];
  for (;;) {
    const next = expanded.flatMap((text) => {
      const brace = /\{([^{}]*)\}/.exec(text);
      if (brace === null) return [text];
      const before = text.slice(0, brace.index);
      const after = text.slice(brace.index + brace[0].length);
      return (brace[1] ?? "").split(",").map((choice) => `${before}${choice}${after}`);
    });
    if (next.length > maxAlternatives)
      throw new ToolError(
        "invalid_input",
        `the glob '${pattern}' has more than ${maxAlternatives} alternatives; use *`,
      );
    if (next.every((text, index) => text === expanded[index])) return next;
    expanded = next;
  }
}

type Token = { kind: "star" } | { kind: "any" } | { kind: "one"; matches: (char: string) => boolean };

/** Whether a file name matches one segment, in time proportional to the product of their lengths. */
function matchesName(name: string, segment: string): boolean {
  if (name.startsWith(".") && !segment.startsWith(".")) return false;
  const tokens = tokenize(segment);
  const chars = [...name];
  let token = 0;
  let star = -1;
  let resume = 0;
  for (let at = 0; at < chars.length;) {
    const current = tokens[token];
    if (current?.kind === "star") {
      star = token++;
      resume = at;
    } else if (current !== undefined && (current.kind === "any" || current.matches(chars[at] ?? ""))) {
      token++;
      at++;
    } else if (star >= 0) {
      token = star + 1;
      at = ++resume;
    } else return false;
  }
  return tokens.slice(token).every((left) => left.kind === "star");
}

function tokenize(segment: string): Token[] {
  const tokens: Token[] = [];
  for (const [part] of segment.matchAll(/\[[!^]?\]?[^\]]*\]|[^]/gu)) {
    if (part === "*") tokens.push({ kind: "star" });
    else if (part === "?") tokens.push({ kind: "any" });
    else if (part.length > 2 && part.startsWith("["))
      tokens.push({ kind: "one", matches: characterClass(part.slice(1, -1)) });
    else tokens.push({ kind: "one", matches: (char) => char === part });
  }
  return tokens;
}

function characterClass(body: string): (char: string) => boolean {
  const negated = /^[!^]/.test(body);
  const ranges = [...(negated ? body.slice(1) : body).matchAll(/([^])-([^])|([^])/gu)].map(
    (match) => [match[1] ?? match[3] ?? "", match[2] ?? match[3] ?? ""] as const,
  );
  return (char) => ranges.some(([low, high]) => char >= low && char <= high) !== negated;
}
