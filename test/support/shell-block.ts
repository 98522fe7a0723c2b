import { execFile } from "node:child_process";
import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { temporaryFolder } from "./config.ts";
import { alone, builtCli } from "./server.ts";

/** The fenced blocks of a language in a document. */
export function blocksIn(document: string, language: string): string[] {
  return [...document.matchAll(new RegExp(`^\`\`\`${language}\n(.*?)^\`\`\``, "gms"))].map(([, block = ""]) => block);
}

/** Run a block as somebody would in a new folder. Gives the JSON lines that it prints. */
export async function runBlock(block: string): Promise<unknown[]> {
  const folder = temporaryFolder();
  mkdirSync(join(folder, "bin"));
  writeFileSync(join(folder, "bin/axoner"), `#!/bin/sh\nexec "${process.execPath}" "${builtCli}" "$@"\n`);
  chmodSync(join(folder, "bin/axoner"), 0o755);
  const env = { PATH: `${join(folder, "bin")}:${process.env["PATH"]}`, HOME: join(folder, "bin"), ...alone };
  const { stdout } = await promisify(execFile)("sh", ["-ec", block], { cwd: folder, env });
  return stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as unknown);
}
