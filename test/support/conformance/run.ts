import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";

const suite = join(import.meta.dirname, "../../../node_modules/@modelcontextprotocol/conformance/dist/index.js");

/** How many checks of each scenario passed and failed, as the suite's summary says. */
type Counts = Record<string, { passed: number; failed: number }>;

export interface ConformanceResult {
  counts: Counts;
  /** Scenarios that the revision does not require. */
  unscored: string[];
}

/** Run what a revision requires of a server. */
export async function runConformance(url: string, revision: string): Promise<ConformanceResult> {
  const command = [suite, "server", "--url", url, "--requirements", revision];
  // it fails for scenarios that it does not score, too: what it says counts
  const { stdout } = await promisify(execFile)(process.execPath, command, { maxBuffer: 1e8 }).catch(
    (thrown: { stdout?: string }) => ({ stdout: thrown.stdout ?? "" }),
  );
  const summary = stdout.slice(stdout.indexOf("=== SUMMARY ==="));
  const counts: Counts = {};
  for (const [, name = "", passed, failed] of summary.matchAll(/^[✓✗] ([\w-]+): (\d+) passed, (\d+) failed/gm))
    counts[name] = { passed: Number(passed), failed: Number(failed) };
  const unscored = [...summary.matchAll(/^ {2}[✓✗] ([\w-]+) \(/gm)].map(([, name = ""]) => name);
  return { counts, unscored };
}

/** What the suite requires, added up; a scenario that checked nothing is named, for it proves nothing. */
export function scored({ counts, unscored }: ConformanceResult) {
  const required = Object.entries(counts).filter(([name]) => !unscored.includes(name));
  const sum = (key: "passed" | "failed") => required.reduce((total, [, count]) => total + count[key], 0);
  return {
    scenarios: required.length,
    passed: sum("passed"),
    failed: required.filter(([, { failed }]) => failed > 0).map(([name]) => name),
    vacuous: required.filter(([, { passed, failed }]) => passed + failed === 0).map(([name]) => name),
  };
}
