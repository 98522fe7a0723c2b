/**
 * `npm start`: install and build where needed, then the main job, which shows the bridge at work from Python.
 * Arguments go to the job: `npm start -- --help`.
 */
import { join } from "node:path";
import { prepare, root } from "./lib/project.mjs";
import { findPython } from "./lib/python.mjs";
import { run, runMain } from "./lib/run.mjs";

await runMain(async (args) => {
  const python = findPython();
  const job = join(root, "examples/suppliers/join_suppliers.py");
  if (!args.some((arg) => arg === "--help" || arg === "-h")) await prepare();
  return run(python, [job, ...args]);
});
