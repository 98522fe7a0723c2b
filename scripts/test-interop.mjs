/** `npm run test:interop`: every Python framework at its pinned version, natively and over MCP; writes docs/interop.md. */
import { spawn } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { cells, page, sumOf, surprises } from "./lib/interop-page.mjs";
import { npm, prepare, root } from "./lib/project.mjs";
import { ensureTestEnvironment, testGroups } from "./lib/python.mjs";
import { runMain, ScriptError } from "./lib/run.mjs";

const help = `Usage: npm run test:interop [-- ROW …]

Fails where a cell does otherwise than python-client/tests/interop/expected.json says.

  ROW   runs only these rows, e.g. "CrewAI, native", and leaves docs/interop.md as it is`;

const atOnce = 2;
const rowLimitMs = 600_000;
const client = join(root, "python-client");
const expected = JSON.parse(readFileSync(join(client, "tests/interop/expected.json"), "utf8"));

await runMain(async (wanted) => {
  if (wanted.includes("--help")) {
    console.log(help);
    return 0;
  }
  await prepare();
  const all = [];
  for (const group of testGroups) all.push(...(await rowsOf(group)));
  checkNames(all, wanted);
  const rows = all.filter(({ row }) => wanted.length === 0 || wanted.includes(row));
  const results = await runRows(rows);
  await repeatSurprising(rows, results);
  if (wanted.length === 0) await writePage(results);
  console.log(sumOf(results));
  const found = results.flatMap((result) => surprises(result, expected).map((what) => `${result.row}, ${what}`));
  for (const what of found) console.error(`axoner: not expected: ${what}`);
  return found.length === 0 ? 0 : 1;
});

function checkNames(rows, wanted) {
  const names = rows.map(({ row }) => row);
  const unknown = [...wanted, ...Object.keys(expected)].find((name) => !names.includes(name));
  if (unknown !== undefined)
    throw new ScriptError(`there is no row "${unknown}"; the rows are ${names.join(" · ")}`, 2);
}

async function writePage(results) {
  writeFileSync(join(root, "docs/interop.md"), page(results, expected));
  await npm("exec", "--", "oxfmt", "docs/interop.md");
}

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
      tell(results[index]);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  return results;
}

/** Frameworks that take half a minute to import can be late on a busy machine: what counts is a run with nothing beside it. */
async function repeatSurprising(rows, results) {
  for (const [index, row] of rows.entries()) {
    if (surprises(results[index], expected).length === 0) continue;
    results[index] = await runRow(row);
    tell(results[index], " when run alone");
  }
}

function tell(result, how = "") {
  const found = surprises(result, expected);
  console.log(`${result.row}${how}: ${found.length === 0 ? "as expected" : found.join("; ")}`);
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
