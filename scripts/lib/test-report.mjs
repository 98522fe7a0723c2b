/** Reads what the test runners wrote down and adds it up. */
import { existsSync, readFileSync } from "node:fs";

export const nothing = { passed: 0, failed: 0, skipped: 0 };
/** A runner that did not get as far as reporting. */
export const crashed = { passed: 0, failed: 1, skipped: 0 };

export function add(a, b) {
  return { passed: a.passed + b.passed, failed: a.failed + b.failed, skipped: a.skipped + b.skipped };
}

export function closingLine({ passed, failed, skipped }) {
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ""}`;
}

/** Counts from vitest's JSON report. A file that could not be loaded counts as one failure. */
export function readVitest(path, exitCode) {
  if (!existsSync(path)) return crashed;
  const { testResults } = JSON.parse(readFileSync(path, "utf8"));
  const statuses = testResults.flatMap(({ status, assertionResults }) => {
    const own = assertionResults.map((test) => test.status);
    return status === "failed" && !own.includes("failed") ? [...own, "failed"] : own;
  });
  const count = (...wanted) => statuses.filter((status) => wanted.includes(status)).length;
  return judged(
    { passed: count("passed"), failed: count("failed"), skipped: count("skipped", "pending", "todo", "disabled") },
    exitCode,
  );
}

/** Counts from the JUnit report that pytest writes. */
export function readJUnit(path, exitCode) {
  if (!existsSync(path)) return crashed;
  const suites = [...readFileSync(path, "utf8").matchAll(/<testsuite\s([^>]*)>/g)].map(([, attributes]) => {
    const count = (name) => Number(new RegExp(`\\b${name}="(\\d+)"`).exec(attributes)?.[1] ?? 0);
    const failed = count("failures") + count("errors");
    return { passed: count("tests") - failed - count("skipped"), failed, skipped: count("skipped") };
  });
  return judged(suites.reduce(add, nothing), exitCode);
}

/** A runner that found no test, or failed beside its tests, has failed once. */
function judged(counts, exitCode) {
  const ran = counts.passed + counts.failed + counts.skipped;
  const silentFailure = counts.failed === 0 && (exitCode !== 0 || ran === 0);
  return silentFailure ? { ...counts, failed: 1 } : counts;
}
