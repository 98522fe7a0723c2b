import { ConfigError } from "../../errors.ts";
import type { CommandContext } from "../command.ts";
import { followStdin } from "../output.ts";
import type { RunArguments } from "../run-arguments.ts";
import {
  readAttachment,
  readBytes,
  toAttachment,
  withAttachments,
  type Attachment,
  type Prompt,
} from "./attachment.ts";
import { decodeText } from "./decode-text.ts";

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
  const stdin = (shown: string) => followStdin(context, (stream) => readBytes(shown, stream));
  const prompt = given === "-" ? decodeText(await stdin("stdin"), "stdin") : (given ?? "");
  const attached: Attachment[] = [];
  for (const path of files) {
    const isStdin = path === "-";
    attached.push(isStdin ? toAttachment("stdin", await stdin("stdin")) : await readAttachment(path, context.signal));
  }
  if (prompt.trim() === "") throw new ConfigError(noPrompt(given, context));
  return withAttachments(prompt, attached);
}

function noPrompt(given: string | undefined, { stdin }: CommandContext): string {
  if (given === "-") return "there is no prompt: stdin was empty";
  const piped = stdin.isTTY === true ? "" : "; `axoner run -` reads it from stdin";
  return `there is no prompt: axoner run "PROMPT"${piped}`;
}
