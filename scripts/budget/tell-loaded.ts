/**
 * Preloaded into a process, tells which files that loads as modules, and so do the processes and threads that it starts: in
 * the file that its own address names, a line `PID URL` each, and `PID answered` for what it writes to stdout.
 */
import childProcess, { type ForkOptions, type SpawnOptions } from "node:child_process";
import fs from "node:fs";
import { registerHooks, syncBuiltinESMExports } from "node:module";
import { isAbsolute } from "node:path";
import { pathToFileURL } from "node:url";
import vm, { type ScriptOptions } from "node:vm";
import workers, { type WorkerOptions } from "node:worker_threads";

const self = import.meta.url;
const log = new URL(self).searchParams.get("log") ?? "";
const { appendFileSync } = fs;
const tell = (what: string) => appendFileSync(log, `${process.pid} ${what}\n`);

registerHooks({
  load(url, context, next) {
    if (url.startsWith("file:") && url !== self) tell(url);
    return next(url, context);
  },
});

const passOn = <Options extends SpawnOptions | ForkOptions>(options: Options): Options => ({
  ...options,
  env: { ...(options.env ?? process.env), NODE_OPTIONS: `--import=${self}` },
});
const { spawn, fork } = childProcess;
const { Worker } = workers;
const { Script } = vm;
Object.assign(childProcess, {
  spawn: (command: string, args: string[], options: SpawnOptions) => spawn(command, args, passOn(options)),
  fork: (module: string, args: string[], options: ForkOptions) => fork(module, args, passOn(options)),
});
Object.assign(workers, {
  Worker: class extends Worker {
    constructor(file: string | URL, options: WorkerOptions) {
      super(file, { ...options, execArgv: [`--import=${self}`] });
    }
  },
});

// what `runKept` runs
Object.assign(vm, {
  Script: class extends Script {
    constructor(code: string, options: ScriptOptions = {}) {
      if (options.filename !== undefined && isAbsolute(options.filename)) tell(pathToFileURL(options.filename).href);
      super(code, options);
    }
  },
});

if (workers.isMainThread) {
  const { write, writeSync } = fs;
  const told = <Args extends [unknown, ...unknown[]], Result>(call: (...args: Args) => Result) =>
    Object.assign((...args: Args) => {
      if (args[0] === 1) tell("answered");
      return call(...args);
    }, call);
  Object.assign(fs, { write: told(write), writeSync: told(writeSync) });
  const toStdout = process.stdout.write.bind(process.stdout);
  Object.assign(process.stdout, {
    write(...args: Parameters<typeof toStdout>) {
      tell("answered");
      return toStdout(...args);
    },
  });
}
syncBuiltinESMExports();
