import { isBuiltin } from "node:module";
import { codeOf, loadedWith, type Import, type SourceFile, type SourceTree } from "./source-tree.ts";

/** What a rule finds wrong, one sentence each, beginning with the file. */
export type Rule = (tree: SourceTree) => string[];

interface Tier {
  /** Files at the root of the tree without `.ts`, and folders with a `/`. */
  zones: string[];
  /** Whether the zones of this tier may import each other. */
  mutual: boolean;
}

/** Each tier may import those before it. */
const tiers: Tier[] = [
  {
    zones: [
      "message",
      "errors",
      "follow-abort",
      "log",
      "host",
      "entries",
      "node-flags",
      "version",
      "is-alive",
      "once",
      "make-folders",
      "token-usage",
      "postgres-url",
      "compiled-code",
      "kept-program",
      "download",
      "taping",
      "isolate/",
      "text/",
    ],
    mutual: true,
  },
  { zones: ["web/", "data/", "math/", "providers/", "session/"], mutual: false },
  { zones: ["tools/"], mutual: false },
  { zones: ["engine/"], mutual: false },
  { zones: ["config", "config/"], mutual: true },
  { zones: ["mcp/", "cli/", "agent/"], mutual: false },
  {
    zones: ["telemetry/", "recording/", "doctor/", "runtime", "runtime/", "catalogue/", "updates/"],
    mutual: true,
  },
  { zones: ["contracts/"], mutual: false },
  {
    zones: [
      "launch",
      "front",
      "mcp-server",
      "cli",
      "cli-main",
      "complete",
      "engine-host",
      "engine-process",
      "shared-process",
      "index",
      "testing",
    ],
    mutual: true,
  },
];

/** The command line shows an agent's events, so it must know what they are; the agent itself it is handed. */
const knownByType = [{ from: "cli/", to: "agent/" }];

/** A file may import files of its own zone and of the tiers below its own; a type counts as much as a value. */
export const importDirection: Rule = (tree) => {
  return everyImport(tree, (path, { kind, how, target }) => {
    const zone = zoneOf(path);
    if (tierOf(zone) === -1) return "has no tier: give it one in test/support/architecture.ts";
    if (kind === "package" || zone === zoneOf(target) || target.endsWith(".json")) return undefined;
    if (how === "type" && knownByType.some(({ from, to }) => from === zone && to === zoneOf(target))) return undefined;
    const [from, to] = [tierOf(zone), tierOf(zoneOf(target))];
    if (to < from || (to === from && tiers[from]?.mutual === true)) return undefined;
    return to === from
      ? `imports its sibling ${target}; runtime.ts hands it in`
      : `imports ${target}, which is above it`;
  });
};

/** The SDK is replaceable as long as one folder knows it. */
export const sdkStaysInMcp: Rule = (tree) => {
  return everyImport(tree, (path, { target }) => {
    const outside = target.startsWith("@modelcontextprotocol/") && !path.startsWith("mcp/");
    return outside ? `imports ${target}, which only mcp/ may` : undefined;
  });
};

/** These decide which program runs, or are told by their parent what to do. */
const readsArguments = new Set([
  "cli",
  "mcp-server",
  "engine-host",
  "data/sql/sql-child",
  "web/page-child",
  "web/page-worker",
  "math/math-worker",
]);

const readsEnvironment = new Set([
  "compiled-code.ts",
  "config.ts",
  "config/child-environment.ts",
  "config/mcp-servers.ts",
  "runtime/create-agent.ts",
]);

/** One place reads the environment and the command line, so that a child never inherits a key nobody gave it. */
export const configReadsEnvironment: Rule = (tree) => {
  return everyFile(tree, (path, file) => {
    const code = codeOf(file);
    if (readsEnvironment.has(path)) return undefined;
    if (file.imports.some(({ target }) => target === "node:process")) return "imports node:process; use the global";
    if (/\bprocess\s*(\.|\?\.)\s*env\b|\bprocess\s*\[|\{[^{}]*\}\s*=\s*process\b/.test(code)) {
      return "reads the environment, which only config.ts may";
    }
    const reads = /\bprocess\s*(\.|\?\.)\s*argv\b/.test(code) && !readsArguments.has(path.replace(/\.ts$/, ""));
    return reads ? "reads the command line, which only config.ts and the entries may" : undefined;
  });
};

const portable = [
  "agent/",
  "providers/",
  "message.ts",
  "errors.ts",
  "session/store.ts",
  "web/page.ts",
  "math/expression.ts",
];
const nodeOnlyPackages = ["undici", "@duckdb/", "@modelcontextprotocol/"];

/** Portable code, and what it loads, must run where there is no Node: on web-standard globals and the `Host`. */
export const portabilityLine: Rule = (tree) => {
  const roots = [...tree.keys()].filter((path) => portable.some((start) => path.startsWith(start)));
  const needed = new Set(roots.flatMap((path) => [...loadedWith(tree, path)]));
  return everyFile(tree, (path, file) => {
    if (!needed.has(path)) return undefined;
    const foreign = file.imports.find(({ target, how }) => how !== "type" && isNodeOnly(target));
    if (foreign !== undefined) return `imports ${foreign.target}, but must run without Node`;
    const used = /(?<![\w$."'`])(process|Buffer|setImmediate|__dirname|require)\s*[.([]/.exec(codeOf(file))?.[1];
    return used === undefined ? undefined : `uses ${used}, but must run without Node`;
  });
};

/** The handshake and the listing are answered before any package is loaded: loading is most of a start. */
export const firstReplyLoadsNoPackage: Rule = (tree) => {
  const loaded = [...loadedWith(tree, "front.ts")];
  return loaded.flatMap((path) => {
    const packages = tree.get(path)?.imports.filter(({ how, kind, target }) => {
      return kind === "package" && how !== "type" && how !== "dynamic" && !isBuiltin(target);
    });
    return (packages ?? []).map(({ target }) => `${path} loads ${target} before the first reply`);
  });
};

const publicEntries = ["index.ts", "testing.ts"];
const barrels = [...publicEntries, "tools/index.ts", "providers/index.ts", "session/index.ts"];

/** A reader finds a name where it is defined. */
export const onlyBarrelsReExport: Rule = (tree) => {
  return everyImport(tree, (path, { how, target }) => {
    return how === "re-export" && !barrels.includes(path) ? `re-exports from ${target}` : undefined;
  });
};

export const namedExportsOnly: Rule = (tree) => {
  return everyFile(tree, (_path, file) => {
    return /^export\s+default\b|\bas\s+default\b/m.test(codeOf(file)) ? "has a default export" : undefined;
  });
};

export const atMost300Lines: Rule = (tree) => {
  return everyFile(tree, (_path, { text }) => {
    const lines = text.trimEnd().split("\n").length;
    return lines > 300 ? `has ${lines} lines; split it` : undefined;
  });
};

export const kebabCaseNames: Rule = (tree) => {
  return everyFile(tree, (path) => {
    return /^([a-z0-9]+(-[a-z0-9]+)*\/)*[a-z0-9]+(-[a-z0-9]+)*\.ts$/.test(path)
      ? undefined
      : "is not named in kebab-case";
  });
};

function everyFile(tree: SourceTree, check: (path: string, file: SourceFile) => string | undefined): string[] {
  return [...tree].flatMap(([path, file]) => {
    const wrong = check(path, file);
    return wrong === undefined ? [] : [`${path} ${wrong}`];
  });
}

function everyImport(tree: SourceTree, check: (path: string, imported: Import) => string | undefined): string[] {
  return [...tree].flatMap(([path, { imports }]) => {
    return imports.flatMap((imported) => {
      const wrong = check(path, imported);
      return wrong === undefined ? [] : [`${path} ${wrong}`];
    });
  });
}

function zoneOf(path: string): string {
  const slash = path.indexOf("/");
  return slash === -1 ? path.replace(/\.ts$/, "") : path.slice(0, slash + 1);
}

function tierOf(zone: string): number {
  return tiers.findIndex(({ zones }) => zones.includes(zone));
}

function isNodeOnly(target: string): boolean {
  return (
    isBuiltin(target) ||
    nodeOnlyPackages.some((name) => target === name || target.startsWith(`${name.replace(/\/$/, "")}/`))
  );
}
