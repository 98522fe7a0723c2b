/** Finds a Python, and makes the environments that the tests run in. */
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "./project.mjs";
import { runOrThrow, ScriptError } from "./run.mjs";

const oldestMinor = 10;
/** The newest Python that the frameworks under test can be installed on. */
const newestTestedMinor = 13;
const uvVersion = "0.13.9";

const tests = join(root, "python-client/tests");

/** Environments for what cannot be installed together, with the tests that run in each; the first has all other tests. */
export const testGroups = [
  { name: "main", folder: ".venv", requirements: join(tests, "requirements.txt"), tests },
  {
    name: "agents",
    folder: ".venv-agents",
    requirements: join(tests, "requirements-agents.txt"),
    tests: join(tests, "agents"),
  },
  {
    name: "older-openai",
    folder: ".venv-older-openai",
    requirements: join(tests, "requirements-older-openai.txt"),
    tests: join(tests, "older_openai"),
  },
];

/**
 * The path of a Python 3.10 or newer.
 *
 * @throws ScriptError that says what was found instead
 */
export function findPython({ newestMinor = Infinity } = {}) {
  const numbered = [13, 12, 11, 10].map((minor) => [`python3.${minor}`]);
  const found = [];
  for (const [command, ...args] of [["python3"], ["python"], ...numbered, ["py", "-3"]]) {
    const candidate = askVersion(command, args);
    if (candidate === undefined) continue;
    if (candidate.minor >= oldestMinor && candidate.minor <= newestMinor) return candidate.path;
    found.push(`3.${candidate.minor} as ${command}`);
  }
  const wanted =
    newestMinor === Infinity
      ? `Python 3.${oldestMinor} or newer`
      : `a Python from 3.${oldestMinor} to 3.${newestMinor}`;
  const instead = found.length === 0 ? "none was found" : `found only ${[...new Set(found)].join(", ")}`;
  throw new ScriptError(`this needs ${wanted} on PATH (${instead}); install one and run the command again`);
}

/**
 * The Python of an environment that holds the pinned requirements of a group of tests. Made anew when they, or the Python
 * it stands on, change; else nothing is done.
 */
export async function ensureTestEnvironment({ folder, requirements } = testGroups[0]) {
  const environment = join(root, folder);
  const python = join(environment, process.platform === "win32" ? "Scripts/python.exe" : "bin/python");
  const base = findPython({ newestMinor: newestTestedMinor });
  const key = createHash("sha256")
    .update([base, uvVersion, readFileSync(requirements, "utf8")].join("\n"))
    .digest("hex");
  const keyFile = join(environment, "axoner-requirements.sha256");
  if (existsSync(python) && existsSync(keyFile) && readFileSync(keyFile, "utf8") === key) return python;
  console.error(`axoner: making the Python environment of the tests in ${folder} …`);
  rmSync(environment, { recursive: true, force: true });
  await makeEnvironment(base, environment);
  await runOrThrow(python, ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", `uv==${uvVersion}`]);
  const timeout = process.env.UV_HTTP_TIMEOUT ?? "180";
  await runOrThrow(python, ["-m", "uv", "pip", "install", "--quiet", "--python", python, "-r", requirements], {
    env: { UV_HTTP_TIMEOUT: timeout },
  });
  writeFileSync(keyFile, key);
  return python;
}

async function makeEnvironment(base, environment) {
  try {
    await runOrThrow(base, ["-m", "venv", environment]);
  } catch (error) {
    rmSync(environment, { recursive: true, force: true });
    throw new ScriptError(
      `${base} cannot make an environment (${error.message}); on Debian and Ubuntu install python3-venv`,
    );
  }
}

function askVersion(command, args) {
  const code = "import sys; print(sys.version_info[0], sys.version_info[1], sys.executable)";
  const { status, stdout } = spawnSync(command, [...args, "-c", code], { encoding: "utf8", timeout: 20_000 });
  const match = status === 0 ? /^3 (\d+) (.+)$/m.exec(stdout) : null;
  return match === null ? undefined : { minor: Number(match[1]), path: match[2].trim() };
}
