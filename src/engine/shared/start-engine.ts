import { spawn } from "node:child_process";
import { open, rm, stat } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { compiledCode } from "../../compiled-code.ts";
import { entryUrl } from "../../entries.ts";
import { AxonerError, errorMessage, systemErrorCode } from "../../errors.ts";
import { mallocSettings } from "../../malloc-settings.ts";
import { nodeFlags } from "../../node-flags.ts";
import { lockTakenCode, sharedEngine } from "../channel.ts";
import { heapFlags } from "../host.ts";
import { startBeside } from "../start-beside.ts";
import type { EnginePlace } from "./folder.ts";

export interface EngineStart {
  place: EnginePlace;
  /** The environment and the folder of an engine that is started; the place's name is made of them too. */
  environment: Record<string, string>;
  cwd: string;
}

/** An engine that was started and is not reached yet. */
export interface StartedEngine {
  failure(): Error | undefined;
  /** Let others start one. */
  release(): Promise<void>;
}

/** A front that holds the file for longer has died, and one that lives may do without it: the lock is the engine's. */
const startingMs = 5_000;

/** Start the engine, unless another front is about to: then undefined. */
export async function startFirst(
  { place, environment, cwd }: EngineStart,
  args: readonly string[],
): Promise<StartedEngine | undefined> {
  try {
    await (await open(place.starting, "wx", 0o600)).close();
  } catch (thrown) {
    if (systemErrorCode(thrown) === "ENOENT") return undefined; // the last engine has just ended, and its folder with it
    if (systemErrorCode(thrown) !== "EEXIST") throw thrown;
    const age = Date.now() - (await stat(place.starting).then(({ mtimeMs }) => mtimeMs, Date.now));
    if (age > startingMs) await rm(place.starting, { force: true });
    return undefined;
  }
  let failure: Error | undefined;
  const entry = fileURLToPath(entryUrl("engine-host"));
  const output = await open(place.log, "a", 0o600);
  const beside = startBeside(args, { environment, cwd, output: output.fd, descriptor: 3 });
  const child = spawn(
    process.execPath,
    [...nodeFlags(heapFlags), entry, sharedEngine, place.folder, place.name, ...beside.args],
    {
      stdio: ["ignore", output.fd, output.fd, ...beside.stdio],
      env: { ...environment, ...mallocSettings, ...compiledCode(), ...beside.environment },
      cwd,
      detached: true, // a session of its own: what stops its first front does not stop it
      windowsHide: true,
    },
  );
  beside.handedOver();
  child.unref();
  child.once("error", (thrown) => (failure = new AxonerError(`the shared engine: ${errorMessage(thrown)}`)));
  child.once("exit", (code) => {
    if (code === 0 || code === lockTakenCode) return; // another front's engine was first, or it has ended again
    failure = new AxonerError(`the shared engine ended with ${code ?? "a signal"}; ${place.log} may say why`);
  });
  await output.close();
  return { failure: () => failure, release: () => rm(place.starting, { force: true }) };
}
