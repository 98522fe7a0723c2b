import { spawn, type ChildProcessWithoutNullStreams } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { onTestFinished } from "vitest";
import type { JsonObject } from "../../src/message.ts";

/** The built server, and the plugin with which a test gives it tools that misbehave. */
export const builtServer = fileURLToPath(new URL("../../dist/mcp-server.js", import.meta.url));
export const builtCli = fileURLToPath(new URL("../../dist/cli.js", import.meta.url));
export const misbehaving = fileURLToPath(new URL("engine-tools.ts", import.meta.url));

export interface RunningServer {
  child: ChildProcessWithoutNullStreams;
  /** Every message the server sent, in order. */
  received: JsonObject[];
  /** What the server wrote to stdout that is no JSON object. */
  stray: string[];
  stderr: () => string;
  send(message: unknown): void;
  /** Send a request and wait for its reply. */
  request(method: string, params?: JsonObject): Promise<JsonObject>;
  /** Call a tool and return its `CallToolResult`. */
  call(name: string, input?: JsonObject): Promise<JsonObject>;
  /** The exit code, or the name of the signal. */
  exited: Promise<number | string>;
}

export interface ServerOptions {
  /** The program and its first arguments; default: the built server. */
  program?: [string, ...string[]];
  args?: string[];
  cwd: string;
  env?: Record<string, string>;
}

/** For servers of tests: an engine that is shared would outlive its test, and a busy machine turn any call into a job. */
export const alone = { AXONER_SHARED_ENGINE: "off", AXONER_ANSWER_WITHIN: "0" };

/** Start the built server as a client does. It is killed when the test is done, if it still runs. */
export function startServer({ program, args = [], cwd, env = {} }: ServerOptions): RunningServer {
  const [command, ...first] = program ?? [process.execPath, builtServer];
  const child = spawn(command, [...first, ...args], {
    cwd,
    env: { PATH: process.env["PATH"] ?? "", HOME: join(cwd, "no-home"), ...alone, ...env },
  });
  const exited = new Promise<number | string>((resolve) =>
    child.once("exit", (code, signal) => resolve(code ?? String(signal))),
  );
  onTestFinished(async () => {
    child.kill("SIGKILL");
    await exited;
  });
  child.stdin.on("error", () => undefined); // a test may write to a server that has just ended
  const waiting = new Map<unknown, (reply: JsonObject) => void>();
  const [received, stray, errors]: [JsonObject[], string[], string[]] = [[], [], []];
  child.stderr.on("data", (chunk) => errors.push(String(chunk)));
  createInterface({ input: child.stdout }).on("line", (line) => {
    const message = parse(line);
    if (message === undefined) return void stray.push(line);
    received.push(message);
    waiting.get(message["id"])?.(message);
  });
  let lastId = 0;
  const send = (message: unknown) => void child.stdin.write(`${JSON.stringify(message)}\n`);
  const request = async (method: string, params: JsonObject = {}) => {
    const id = ++lastId;
    const { promise, resolve, reject } = Promise.withResolvers<JsonObject>();
    waiting.set(id, resolve);
    void exited.then((code) =>
      reject(new Error(`the server ended with ${code} before it answered ${method}\n${errors.join("")}`)),
    );
    send({ jsonrpc: "2.0", id, method, params });
    return promise;
  };
  return {
    child,
    received,
    stray,
    stderr: () => errors.join(""),
    send,
    request,
    exited,
    call: async (name, input = {}) => (await request("tools/call", { name, arguments: input }))["result"] as JsonObject,
  };
}

function parse(line: string): JsonObject | undefined {
  try {
    return JSON.parse(line) as JsonObject;
  } catch {
    return undefined;
  }
}
