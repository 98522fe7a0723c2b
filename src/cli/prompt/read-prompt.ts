import { ConfigError } from "../../errors.ts";
import type { CommandContext } from "../command.ts";
import { followStdin } from "../output.ts";
import type { RunArguments } from "../run-arguments.ts";
import type { Prompt } from "./attachment.ts";

type Given = Pick<RunArguments, "prompt" | "files">;

export function readsStdin({ prompt, files }: Given): boolean {
  return prompt === "-" || files.includes("-");
}

/**
 * What the model is asked, with the files that go with it.
 *
 * @throws ConfigError where there is nothing to ask, and for files that cannot be read or shown
 */
export async function readPrompt({ prompt: given, files }: Given, context: CommandContext): Promise<Prompt> {
  if (!readsStdin({ prompt: given, files }) && files.length === 0) {
    return { prompt: checked(given ?? "", given, context), images: [] };
  }
  // how encodings are told takes longer to load than all else that a run needs
  const [{ readAttachment, readBytes, toAttachment, withAttachments }, { decodeText }] = await Promise.all([
    import("./attachment.ts"),
    import("./decode-text.ts"),
  ]);
  const stdin = () => followStdin(context, (stream) => readBytes("stdin", stream));
  const prompt = given === "-" ? decodeText(await stdin(), "stdin") : (given ?? "");
  const attached = [];
  for (const path of files) {
    attached.push(path === "-" ? toAttachment("stdin", await stdin()) : await readAttachment(path, context.signal));
  }
  return withAttachments(checked(prompt, given, context), attached);
}

/** @throws ConfigError for nothing but blanks */
function checked(prompt: string, given: string | undefined, context: CommandContext): string {
  if (prompt.trim() === "") throw new ConfigError(noPrompt(given, context));
  return prompt;
}

function noPrompt(given: string | undefined, { stdin }: CommandContext): string {
  if (given === "-") return "there is no prompt: stdin was empty";
  const piped = stdin.isTTY === true ? "" : "; `axoner run -` reads it from stdin";
  return `there is no prompt: axoner run "PROMPT"${piped}`;
}
