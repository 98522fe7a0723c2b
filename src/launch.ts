/*
 * This file and those that import it must be readable by any Node that knows modules: no syntax newer than 2019, and
 * no import but of what is loaded after the check.
 */

import { keepCompiledCode } from "./compiled-code.ts";
import { printable } from "./text/text.ts";
import { isBuilt, version } from "./version.ts";

/** Run a program, or say in one sentence that this Node is too old for it. */
export function launch(load: () => Promise<{ main: (argv: string[]) => Promise<number> }>, argv: string[]): void {
  const parts = process.versions.node.split(".").map(Number);
  const major = parts[0] || 0;
  const minor = parts[1] || 0;
  if (major < 22 || (major === 22 && minor < 19)) {
    process.stderr.write(
      "axoner needs Node 22.19 or newer, and this is Node " +
        process.versions.node +
        " (" +
        process.execPath +
        "); install a newer one or start axoner with it.\n",
    );
    process.exitCode = 2;
    return;
  }
  if (isBuilt) keepCompiledCode(version);
  process.exitCode = 1; // what the process ends with if the program neither resolves nor rejects
  load()
    .then((program) => program.main(argv))
    .then(
      (code) => process.exit(code),
      (thrown) => {
        const expected = thrown instanceof Error && thrown.name === "ConfigError";
        const told = expected || (thrown instanceof Error && thrown.name === "AxonerError");
        const text = told ? thrown.message : thrown instanceof Error ? thrown.stack || "" : String(thrown);
        process.stderr.write("axoner: " + printable(text) + "\n");
        process.exit(expected ? 2 : 1);
      },
    );
}
