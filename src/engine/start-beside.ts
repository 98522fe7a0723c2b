import type { Socket } from "node:net";
import { channelAt, startSqlChildFor } from "../data/sql/start-child.ts";
import { adoptsSql, startsSql } from "./channel.ts";

/** What an engine is started with because of what runs beside it. */
export interface Beside {
  args: string[];
  environment: Record<string, string>;
  /** Its further descriptors. */
  stdio: Socket[];
  /** To be called once it is started. */
  handedOver(): void;
}

/**
 * Start what an engine's first call needs before the engine itself: both are processes that take as long to start, and so
 * they do it at the same time.
 *
 * @param args what the engine is told to start, arguments of `channel.ts`
 * @param descriptor the first that the engine does not use
 */
export function startBeside(
  args: readonly string[],
  { descriptor, ...place }: { environment: Record<string, string>; cwd?: string; output: number; descriptor: number },
): Beside {
  const sql = args.includes(startsSql) ? startSqlChildFor(place) : undefined;
  if (sql === undefined) return { args: [...args], environment: {}, stdio: [], handedOver() {} };
  return {
    args: args.map((argument) => (argument === startsSql ? `${adoptsSql}${sql.pid}` : argument)),
    environment: channelAt(descriptor),
    stdio: [sql.channel],
    handedOver: () => void sql.channel.destroy(),
  };
}
