import { ConfigError, errorMessage } from "../errors.ts";

/**
 * What `parseArgs` did not take, as bad usage of a command.
 *
 * @param command its name, and the verb that was used where it has several
 * @param help what names the options
 */
export function usageError(command: string, help: string, cause: unknown): ConfigError {
  const [message = ""] = errorMessage(cause).split(". ");
  return new ConfigError(`${command}: ${message}; see ${help}`, { cause });
}
