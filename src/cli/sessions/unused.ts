import type { CommandContext } from "../command.ts";
import type { SessionArguments } from "./arguments.ts";

/**
 * Change sessions in which no run and no chat of another process is, or any with `--force`.
 *
 * @throws ToolError `conflict` before anything is changed
 */
export async function whileUnused<Result>(
  { given, context, ids }: { given: SessionArguments; context: CommandContext; ids: readonly string[] },
  change: () => Promise<Result>,
): Promise<Result> {
  const presence = given.isSet("force") ? undefined : await context.openPresence();
  const entered: string[] = [];
  try {
    for (const id of presence === undefined ? [] : ids) {
      await presence?.enter(id);
      entered.push(id);
    }
    return await change();
  } finally {
    for (const id of entered) await presence?.leave(id);
  }
}
