import { AxonerError, ConfigError, systemErrorCode } from "../errors.ts";
import { printable } from "../text/text.ts";
import { exitCodes, type Command } from "./command.ts";
import { write } from "./output.ts";

/**
 * Turn what ends a command before its time into an exit code: an interruption, a reader that has gone away, and an
 * error that is no defect. A `ConfigError` passes through, as bad usage.
 */
export function withOutcome(command: Command): Command {
  return async (args, context) => {
    const { stdout, stderr, signal } = context;
    // the failed write itself tells; without a listener the stream would end the process
    const ignore = () => undefined;
    stdout.on("error", ignore);
    stderr.on("error", ignore);
    try {
      return await command(args, context);
    } catch (thrown) {
      if (signal.aborted) return exitCodes.cancelled;
      if (["EPIPE", "ERR_STREAM_DESTROYED"].includes(systemErrorCode(thrown) ?? "")) return exitCodes.failed;
      if (!(thrown instanceof AxonerError) || thrown instanceof ConfigError) throw thrown;
      await write(stderr, `axoner: ${printable(thrown.message)}\n`);
      return exitCodes.failed;
    } finally {
      stdout.off("error", ignore);
      stderr.off("error", ignore);
    }
  };
}
