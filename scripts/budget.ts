/**
 * How much of the program is read for a first reply, for help and for the first call of each tool, in all processes that take
 * part: nothing that depends on the machine. Compared with `scripts/budget/budget.json`; what is over it is told with the
 * modules that were not there before, and who imports them.
 *
 *   node scripts/budget.ts                    compare
 *   node scripts/budget.ts --update           take what is loaded now as the budget
 *   node scripts/budget.ts --stages a,b       only stages whose names hold one of these
 */
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join, relative } from "node:path";
import { parseArgs } from "node:util";
import type { Metafile } from "esbuild";
import pMap from "p-map";
import { modulesIn, nameOf, openGraph, type Graph, type Loaded } from "./budget/modules.ts";
import { openWorld, stagesIn, type Stage } from "./budget/stages.ts";

const root = join(import.meta.dirname, "..");
const cache = join(root, "node_modules/.cache");
const budgetFile = join(import.meta.dirname, "budget/budget.json");

/** What may be read without a word, as a share of the budget. */
const tolerance = 0.03;
/** Below this share of it a budget holds nothing any more. */
const loose = 0.9;
const toldModules = 5;
/** How long a bundle is of use, to somebody who checks again and again. */
const keptMs = 3_600_000;

interface Budget {
  /** By the names of stages. */
  limits: Record<string, { modules: number; bytes: number }>;
  /** What was there when the budget was made, our modules and packages, and the stages in which, by their numbers. */
  known: Record<string, string>;
}

const { values } = parseArgs({ options: { update: { type: "boolean" }, stages: { type: "string", default: "" } } });

/** The program, bundled from the sources as they are. It is kept until one of them changes. */
function bundled(): string {
  const folder = join(cache, `axoner-budget-${digestOfSources()}`);
  if (existsSync(join(folder, "metafiles.json"))) return folder;
  removeOld();
  execFileSync(process.execPath, [join(root, "scripts/build.ts"), "--bundle", relative(root, folder)], {
    stdio: "inherit",
  });
  return folder;
}

/** Not those that others may use now. */
function removeOld(): void {
  for (const name of existsSync(cache) ? readdirSync(cache) : []) {
    const isOld = name.startsWith("axoner-budget-") && Date.now() - statSync(join(cache, name)).mtimeMs > keptMs;
    if (isOld) rmSync(join(cache, name), { recursive: true, force: true });
  }
}

function digestOfSources(): string {
  const digest = createHash("sha256").update(readFileSync(join(root, "package-lock.json")));
  for (const folder of ["src", "scripts"])
    for (const path of readdirSync(join(root, folder), { recursive: true, encoding: "utf8" }).toSorted())
      if (/\.(ts|json)$/.test(path) && !path.includes("budget"))
        digest.update(path).update(readFileSync(join(root, folder, path)));
  return digest.digest("hex").slice(0, 16);
}

async function measure(program: string, isWanted: (stage: Stage) => boolean): Promise<Map<string, Loaded>> {
  mkdirSync(cache, { recursive: true });
  const folder = mkdtempSync(join(cache, "axoner-world-"));
  const world = await openWorld(folder);
  try {
    const stages = stagesIn(world.origin).filter(isWanted);
    const loaded = await pMap(stages, (stage) => world.loadedBy(stage, program), { concurrency: 2 });
    return new Map(stages.map(({ name }, index) => [name, modulesIn(loaded[index] ?? [], program)]));
  } finally {
    world.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

function update(measured: ReadonlyMap<string, Loaded>): void {
  const known = new Map<string, number[]>();
  const limits: Budget["limits"] = {};
  for (const [index, [stage, { bytes, modules }]] of [...measured].entries()) {
    limits[stage] = { modules: modules.size, bytes };
    for (const name of new Set([...modules].map(nameOf))) known.set(name, [...(known.get(name) ?? []), index]);
  }
  const sorted = [...known].toSorted(([a], [b]) => (a < b ? -1 : 1));
  const listed = sorted.map(([name, stages]) => [name, stages.join(" ")] as const);
  const budget: Budget = { limits, known: Object.fromEntries(listed) };
  writeFileSync(budgetFile, `${JSON.stringify(budget, undefined, 2)}\n`);
}

/** What is wrong with a stage; undefined where nothing is. */
function judge(stage: string, { bytes, modules }: Loaded, budget: Budget, graph: Graph): string | undefined {
  const limit = budget.limits[stage];
  if (limit === undefined) return `${stage}: it has no budget; run node scripts/budget.ts --update`;
  const told = `${stage}: ${modules.size} modules of ${limit.modules}, ${bytes} bytes of ${limit.bytes}`;
  if (bytes < limit.bytes * loose)
    return `${told}: it has become smaller; run node scripts/budget.ts --update to hold it there`;
  const most = 1 + tolerance;
  if (modules.size <= limit.modules * most && bytes <= limit.bytes * most) return undefined;
  return [`${told}, and ${tolerance * 100} % more at most`, ...newcomers(stage, modules, budget, graph)].join("\n");
}

function newcomers(stage: string, modules: ReadonlySet<string>, { known, limits }: Budget, graph: Graph): string[] {
  const number = String(Object.keys(limits).indexOf(stage));
  const sizes = new Map<string, { bytes: number; first: string }>();
  for (const module of modules) {
    const name = nameOf(module);
    if (known[name]?.split(" ").includes(number) === true) continue;
    const before = sizes.get(name);
    sizes.set(name, { bytes: (before?.bytes ?? 0) + graph.sizeOf(module), first: before?.first ?? module });
  }
  if (sizes.size === 0) return ["  nothing new is loaded: what was there has grown"];
  const largest = [...sizes].toSorted(([, a], [, b]) => b.bytes - a.bytes);
  const lines = largest.slice(0, toldModules).map(([name, { bytes }]) => {
    const ways = [...modules].filter((module) => nameOf(module) === name).map((one) => graph.wayTo(one, modules));
    const [way = []] = ways.toSorted((a, b) => a.length - b.length);
    const by = [...new Set(way.map(nameOf))].slice(1);
    return `  new: ${name} (${bytes} bytes), imported by ${by.join(", imported by ") || "nobody that is known"}`;
  });
  const others = largest.length - lines.length;
  return others > 0 ? [...lines, `  and ${others} others that are new`] : lines;
}

const parts = values.stages.split(",");
const program = realpathSync(bundled());
const measured = await measure(program, ({ name }) => parts.some((part) => name.includes(part)));
if (values.update === true) update(measured);
else {
  const budget = JSON.parse(readFileSync(budgetFile, "utf8")) as Budget;
  const graph = openGraph(JSON.parse(readFileSync(join(program, "metafiles.json"), "utf8")) as Metafile[]);
  const wrong = [...measured].flatMap(([stage, loaded]) => judge(stage, loaded, budget, graph) ?? []);
  for (const problem of wrong) console.log(problem);
  if (wrong.length > 0) process.exitCode = 1;
}
