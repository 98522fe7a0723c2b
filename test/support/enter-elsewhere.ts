import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { onTestFinished } from "vitest";

/** Another process that is in a session until it is killed. */
export async function enterElsewhere(folder: string, id: string) {
  const script = fileURLToPath(new URL("./enter-session.ts", import.meta.url));
  const child = spawn(process.execPath, [script, folder, id], { stdio: ["ignore", "pipe", "inherit"] });
  onTestFinished(() => void child.kill("SIGKILL"));
  await once(child.stdout, "data");
  return child;
}
