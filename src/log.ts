/** Diagnostics for the person who runs axoner. They go to stderr: stdout belongs to the protocol or to the result. */

import { printable } from "./text/text.ts";

export const logLevels = ["silent", "error", "warn", "info", "debug"] as const;
export type LogLevel = (typeof logLevels)[number];

let threshold: number = logLevels.indexOf("warn");

export function setLogLevel(level: LogLevel): void {
  threshold = logLevels.indexOf(level);
}

export const log = {
  error: (text: string, cause?: unknown) => write("error", text, cause),
  warn: (text: string, cause?: unknown) => write("warn", text, cause),
  info: (text: string, cause?: unknown) => write("info", text, cause),
  debug: (text: string, cause?: unknown) => write("debug", text, cause),
};

function write(level: LogLevel, text: string, cause: unknown): void {
  if (logLevels.indexOf(level) > threshold) return;
  const detail =
    cause instanceof Error ? `\n${cause.stack ?? cause.message}` : cause === undefined ? "" : ` ${String(cause)}`;
  process.stderr.write(`${printable(`axoner ${level}: ${text}${detail}`)}\n`);
}
