/** `npm test`: every test of both languages, and what they need installed first. */
import { closeSync, existsSync, mkdtempSync, openSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { npm, prepare, projectNode, root } from "./lib/project.mjs";
import { ensureTestEnvironment, testGroups } from "./lib/python.mjs";
import { run, runMain, ScriptError } from "./lib/run.mjs";
import { add, closingLine, crashed, nothing, readJUnit, readVitest } from "./lib/test-report.mjs";

const help = `Usage: npm test [-- [options] [what …]]

Runs the tests of the TypeScript sources (vitest) and of the Python client (pytest), and ends with the sums of both.

  what       a part of a TypeScript test file's path, or the path of Python tests; only their runner is started
  python     all Python tests and no others
  typescript all TypeScript tests and no others
  --check    run \`npm run check\` first; a failure of it counts as one
  --help     this text`;

const [main, ...otherGroups] = testGroups;
/** The frameworks of the first environment take as long as all else that runs in it. */
const suites = [main, { ...main, name: "frameworks", tests: join(main.tests, "frameworks") }, ...otherGroups];
const suitesAtOnce = 2;

await runMain(async (args) => {
  const wanted = readArguments(args);
  if (wanted.help) {
    console.log(help);
    return 0;
  }
  const reports = mkdtempSync(join(tmpdir(), "axoner-test-"));
  try {
    const counts = await runAll(wanted, reports);
    process.stdout.write(`\n${closingLine(counts)}\n`);
    return counts.failed === 0 ? 0 : 1;
  } finally {
    rmSync(reports, { recursive: true, force: true });
  }
});

async function runAll(wanted, reports) {
  const prepared = await counted("preparing the tests", prepareCheckout);
  if (prepared.failed > 0) return prepared;
  let sum = nothing;
  if (wanted.check) sum = add(sum, await counted("the check", runCheck));
  // Mostly waits for the network, which vitest does not.
  const environments = wanted.python === undefined ? undefined : makeEnvironments(wanted.python);
  if (wanted.typescript !== undefined) {
    sum = add(sum, await counted("vitest", () => runVitest(wanted.typescript, join(reports, "vitest.json"))));
  }
  if (environments !== undefined) sum = add(sum, await runPython(await environments, reports));
  return sum;
}

/** The suites that these paths are of and whose environments could be made, and how many could not. */
async function makeEnvironments(paths) {
  let sum = nothing;
  const ready = [];
  for (const each of pathsBySuite(paths).filter(({ paths: some }) => some.length > 0)) {
    const made = await counted(`the environment of pytest (${each.suite.name})`, () => makeEnvironment(each.suite));
    sum = add(sum, made);
    if (made.failed === 0) ready.push(each);
  }
  return { ready, sum };
}

/** Two suites at a time: a Python test mostly waits for one process. */
async function runPython({ ready, sum: made }, reports) {
  let sum = made;
  const waiting = ready.values();
  const work = async () => {
    for (const { suite, paths: some } of waiting) {
      const report = join(reports, `pytest-${suite.name}.xml`);
      const counts = await counted(`pytest (${suite.name})`, () => runPytest(suite, some, report));
      sum = add(sum, counts);
    }
  };
  await Promise.all(Array.from({ length: suitesAtOnce }, work));
  return sum;
}

/** A step that breaks is a failure like any other: the rest still runs, and the closing line still comes. */
async function counted(what, step) {
  try {
    return await step();
  } catch (error) {
    console.error(`axoner: ${what} failed: ${error instanceof ScriptError ? error.message : error.stack}`);
    return crashed;
  }
}

async function prepareCheckout() {
  await prepare();
  return nothing;
}

async function runCheck() {
  await npm("run", "--silent", "check");
  return nothing;
}

async function runVitest(filters, report) {
  const vitest = join(root, "node_modules/vitest/vitest.mjs");
  const output = ["--reporter=default", "--reporter=json", `--outputFile.json=${report}`];
  const code = await run(projectNode, [vitest, "run", ...output, ...filters], { cwd: root });
  return readVitest(report, code);
}

/** Which tests run in which suite: all of them where no path is given. */
function pathsBySuite(paths) {
  const [, ...others] = suites;
  const isOf = (suite) => (path) => path.startsWith(suite.tests);
  const given = paths.length === 0 ? suites.map((suite) => suite.tests) : paths;
  const own = (path) => !others.some((suite) => isOf(suite)(path));
  return suites.map((suite, at) => ({ suite, paths: given.filter(at === 0 ? own : isOf(suite)) }));
}

async function makeEnvironment(suite) {
  await ensureTestEnvironment(suite);
  return nothing;
}

async function runPytest(suite, paths, report) {
  const python = await ensureTestEnvironment(suite);
  const apart = suites.slice(1).filter((other) => other !== suite);
  const args = ["-m", "pytest", `--junitxml=${report}`, ...apart.map((other) => `--ignore=${other.tests}`), ...paths];
  const said = `${report}.txt`; // beside that of another suite it could not be read
  const output = openSync(said, "w");
  try {
    const code = await run(python, args, { cwd: join(root, "python-client"), output });
    return readJUnit(report, code);
  } finally {
    closeSync(output);
    process.stdout.write(`\npytest (${suite.name})\n${readFileSync(said, "utf8")}`);
  }
}

/** Which runner runs what: `undefined` where it is not wanted, an empty list where all of its tests are. */
function readArguments(args) {
  const wanted = { check: false, help: false, typescript: undefined, python: undefined };
  for (const arg of args) {
    if (arg === "--help" || arg === "-h") wanted.help = true;
    else if (arg === "--check") wanted.check = true;
    else if (arg.startsWith("-")) throw new ScriptError(`unknown option ${arg}; \`npm test -- --help\` lists them`, 2);
    else if (arg === "python") wanted.python ??= [];
    else if (arg === "typescript") wanted.typescript ??= [];
    else if (isPython(arg)) wanted.python = [...(wanted.python ?? []), resolve(root, arg)];
    else wanted.typescript = [...(wanted.typescript ?? []), arg];
  }
  const all = wanted.typescript === undefined && wanted.python === undefined;
  return all ? { ...wanted, typescript: [], python: [] } : wanted;
}

function isPython(path) {
  return /\.py(::.*)?$/.test(path) || (path.startsWith("python-client") && existsSync(resolve(root, path)));
}
