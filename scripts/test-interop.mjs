/** `npm run test:interop`: every Python framework at its pinned version, natively and over MCP; writes docs/interop.md. */
import { spawn } from "node:child_process";
import { writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { prepare, root } from "./lib/project.mjs";
import { ensureTestEnvironment, testGroups } from "./lib/python.mjs";
import { runMain } from "./lib/run.mjs";

const cells = ["list", "call", "agent", "error", "timeout", "cancel", "1 MB", "killed", "close"];
const atOnce = 2;
const rowLimitMs = 300_000;
const client = join(root, "python-client");

await runMain(async () => {
  await prepare();
  const rows = [];
  for (const group of testGroups) rows.push(...(await rowsOf(group)));
  const results = await runRows(rows);
  writeFileSync(join(root, "docs/interop.md"), page(results));
  console.log(sumOf(results));
  const ours = results.filter(({ row, cells: found }) => row.endsWith(", native") && failures(found).length > 0);
  for (const { row } of ours) console.error(`axoner: ${row} has failures; docs/interop.md has their causes`);
  return ours.length === 0 ? 0 : 1;
});

async function rowsOf(group) {
  const python = await ensureTestEnvironment(group);
  const { output, errors } = await interop(python, [group.name]);
  if (output === "") throw new Error(errors);
  return JSON.parse(output).map((row) => ({ python, group: group.name, row }));
}

/** A few at a time: they mostly wait. */
async function runRows(rows) {
  const results = [];
  const waiting = rows.entries();
  const work = async () => {
    for (const [index, row] of waiting) {
      results[index] = await runRow(row);
      console.log(`${row.row}: ${failures(results[index].cells).length === 0 ? "ok" : "has failures"}`);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  return results;
}

/** A row that cannot be run at all fails in every cell. */
async function runRow({ python, group, row }) {
  const { output, errors } = await interop(python, [group, row]);
  try {
    return JSON.parse(output.trim().split("\n").at(-1) ?? "");
  } catch {
    const cause = errors.trim().split("\n").at(-1) || "it ended without a word";
    return { row, version: "", cells: Object.fromEntries(cells.map((cell) => [cell, cause.slice(0, 160)])) };
  }
}

function interop(python, args) {
  const env = { ...process.env, PYTHONPATH: [join(client, "src"), join(client, "tests")].join(delimiter) };
  const child = spawn(python, ["-m", "interop", ...args], { cwd: client, env, stdio: ["ignore", "pipe", "pipe"] });
  const timer = setTimeout(() => child.kill("SIGKILL"), rowLimitMs);
  let output = "";
  let errors = "";
  child.stdout.on("data", (text) => (output += text));
  child.stderr.on("data", (text) => (errors = `${errors}${text}`.slice(-4000)));
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", () => {
      clearTimeout(timer);
      resolve({ output, errors });
    });
  });
}

function failures(found) {
  return Object.entries(found).filter(([, outcome]) => outcome !== "ok");
}

function sumOf(results) {
  const all = results.length * cells.length;
  const failed = results.reduce((sum, { cells: found }) => sum + failures(found).length, 0);
  return `${all - failed} of ${all} cells pass.`;
}

function page(results) {
  const line = (columns) => `| ${columns.join(" | ")} |`;
  const table = [
    line(["Client", "Version", ...cells]),
    line(["---", "---", ...cells.map(() => ":-:")]),
    ...results.map(({ row, version, cells: found }) =>
      line([row, version, ...cells.map((cell) => (found[cell] === "ok" ? "✓" : "✗"))]),
    ),
  ];
  const causes = results.flatMap(({ row, cells: found }) =>
    failures(found).map(([cell, cause]) => `- **${row}**, ${cell}: \`${cause.replaceAll("`", "'")}\``),
  );
  return `${[
    "# Interop with Python's frameworks",
    "`npm run test:interop` puts every framework's own client, at the version named, through what is in the columns, and writes this page. Everything that does not hold counts as a failure, whoever's it is.",
    sumOf(results),
    table.join("\n"),
    "## What the columns say",
    [
      "- **list**: all tools, with all arguments. **call**: one of them. **agent**: the framework's agent asks a scripted model, which uses a tool and answers from what it was told (`mcp` and `fastmcp` have no agent: a call by hand).",
      "- **error**: a failed call tells its code, and the next one works. **timeout**: a query without end is answered in time, by a job's id or the client's limit of 8 s, and the next call works. **cancel**: a cancelled task ends, and the next call works.",
      "- **1 MB**: a query with 10,000 rows of 100 characters is answered with their number and no more than fits. **killed**: after a `kill -9` of the server, the next call works. **close**: no process is left.",
    ].join("\n"),
    "## Causes",
    causes.length === 0 ? "Nothing failed." : causes.join("\n"),
  ].join("\n\n")}\n`;
}
