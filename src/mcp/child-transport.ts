import type { ChildProcess } from "node:child_process";
import { setTimeout as delay } from "node:timers/promises";
import { getDefaultEnvironment } from "@modelcontextprotocol/sdk/client/stdio.js";
import type { Transport } from "@modelcontextprotocol/sdk/shared/transport.js";
import { JSONRPCMessageSchema, type JSONRPCMessage } from "@modelcontextprotocol/sdk/types.js";
import spawn from "cross-spawn";
import type { McpServer } from "../config/mcp-servers.ts";
import { readLines } from "../text/lines.ts";

export interface ChildTransport extends Transport {
  /** Undefined before it was started and once it has ended. */
  pid(): number | undefined;
}

export interface ChildOptions {
  onWords: (words: string) => void;
}

/** What one message may have; a result of a tool is cut far below that anyway. */
const maxMessageBytes = 16 * 1024 * 1024;
/** How long a server is given to end by itself, and then to obey. */
const graceMs = 2_000;

/**
 * A server as a child that speaks on its stdio. The SDK's own transport looks at all of an unfinished message anew with
 * each piece of it: 50 MB took a minute and a half, in which nothing else happened.
 */
export function childTransport(
  { command, args, env, cwd }: Extract<McpServer, { kind: "stdio" }>,
  { onWords }: ChildOptions,
): ChildTransport {
  let child: ChildProcess | undefined;
  const pass = (message: unknown) => {
    const parsed = JSONRPCMessageSchema.safeParse(message);
    if (parsed.success) transport.onmessage?.(parsed.data);
    else transport.onerror?.(parsed.error);
  };
  const transport: ChildTransport = {
    pid: () => child?.pid,
    async start() {
      const started = spawn(command, args, {
        env: { ...getDefaultEnvironment(), ...env },
        stdio: ["pipe", "pipe", "pipe"],
        windowsHide: true,
        ...(cwd === undefined ? {} : { cwd }),
      });
      child = started;
      const { stdin, stdout, stderr } = started;
      if (stdin === null || stdout === null || stderr === null) throw new TypeError("a child without pipes");
      started.on("close", () => {
        child = undefined;
        transport.onclose?.();
      });
      const onerror = (thrown: Error) => transport.onerror?.(thrown);
      stdin.on("error", onerror);
      stdout.on("error", onerror);
      stderr.on("data", (chunk) => onWords(String(chunk)));
      readLines(stdout, maxMessageBytes, {
        onLine: (line) => readMessage(line, pass, onerror),
        onTooLong: (line) => pass(tooLarge(line)),
        onEnd: () => undefined,
      });
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      started.on("spawn", resolve);
      started.on("error", (thrown) => {
        reject(thrown);
        onerror(thrown);
      });
      await promise;
    },
    async send(message: JSONRPCMessage) {
      const { stdin } = child ?? {};
      if (!stdin) throw new Error("the server has ended");
      const { promise, resolve } = Promise.withResolvers<void>();
      // a failure is told of by the stream's `error`, and by the end of the server
      stdin.write(`${JSON.stringify(message)}\n`, () => resolve());
      await promise;
    },
    async close() {
      const ending = child;
      child = undefined;
      if (ending !== undefined) await end(ending);
    },
  };
  return transport;
}

async function end(ending: ChildProcess): Promise<void> {
  if (ending.exitCode !== null || ending.signalCode !== null) return;
  const { promise: closed, resolve } = Promise.withResolvers<true>();
  ending.once("close", () => resolve(true));
  ending.stdin?.end();
  for (const signal of ["SIGTERM", "SIGKILL"] as const) {
    if (await Promise.race([closed, delay(graceMs, false, { ref: false })])) return;
    ending.kill(signal);
  }
}

/** The answer to the call whose reply was too long to be read: the id stands at one of its ends. */
export const tooLargeCode = -32_099;

function tooLarge({ head, tail, sizeBytes }: { head: string; tail: string; sizeBytes: number }): unknown {
  const id =
    idIn(head, /^\s*\{\s*(?:"jsonrpc"\s*:\s*"2\.0"\s*,\s*)?"id"\s*:\s*(\d+)\s*,/) ??
    idIn(tail, /,\s*"id"\s*:\s*(\d+)\s*(?:,\s*"jsonrpc"\s*:\s*"2\.0"\s*)?\}\s*$/);
  const message = `the answer has ${sizeBytes} bytes, at most ${maxMessageBytes} are taken; ask for less at once`;
  return { jsonrpc: "2.0", id, error: { code: tooLargeCode, message } };
}

function idIn(text: string, pattern: RegExp): number | undefined {
  const [, id] = pattern.exec(text) ?? [];
  return id === undefined ? undefined : Number(id);
}

function readMessage(line: string, pass: (message: unknown) => void, onerror: (thrown: Error) => void): void {
  let message: unknown;
  try {
    message = JSON.parse(line);
  } catch (thrown) {
    onerror(new Error("a line that is no JSON", { cause: thrown }));
    return;
  }
  pass(message);
}
