import stringWidth from "string-width";
import { expect, test } from "vitest";
import { findingLines, summaryLine } from "../../src/cli/doctor/show.ts";
import { plain } from "../../src/cli/terminal/paint.ts";
import type { Finding } from "../../src/cli/doctor/finding.ts";

const findings: Finding[] = [
  { name: "runtime", status: "ok", detail: "Node 24.21.0 on linux x64" },
  {
    name: "sessions",
    status: "problem",
    detail: "writing to the sessions at 127.0.0.1:1 did not work for 5 s: connect ECONNREFUSED 127.0.0.1:1 \u001b[31m!",
    advice: "see that the server of --store runs, and that host and port are right for this machine, not for another",
  },
  { name: "mcp long-name", status: "warning", detail: "日本語の説明 is wide" },
];

test.each([undefined, 200, 80, 60, 40, 24])("findings fit %s columns, every word of them", (columns) => {
  const text = findings.map((finding) => findingLines(finding, { columns, paint: plain })).join("");
  const width = Math.min(columns ?? 100, 100);
  expect(text.split("\n").filter((line) => stringWidth(line) > width)).toEqual([]);
  expect(text.replaceAll(/\s+/g, " ")).toContain(
    "→ see that the server of --store runs, and that host and port are right",
  );
  expect(text).not.toContain("\u001b");
  expect(text.endsWith("\n")).toBe(true);
});

test("the last line counts what is wrong", () => {
  const page = { columns: 80, paint: plain };
  expect(summaryLine(findings, page)).toBe("\n1 problem, 1 warning\n");
  expect(summaryLine(findings.slice(0, 1), page)).toBe("\nall is well\n");
});
