import type { Stats } from "node:fs";
import { stat } from "node:fs/promises";
import { errorMessage, systemErrorCode } from "../../errors.ts";
import { readAttachment, withAttachments, type Attachment, type Prompt } from "./attachment.ts";
import { UnsuitableFileError } from "./decode-text.ts";

/** A larger text is named to the model, whose tools read it better than it does. */
const maxTextBytes = 200_000;
const mention = /(?:^|(?<=\s))@(?:"([^"]+)"|(\S+))/g;

interface MentionOptions {
  signal: AbortSignal;
  /** Says what of it is no file, so that it goes to the model as it stands. */
  tell(notice: string): void;
}

/**
 * A prompt with the files that it mentions as `@path` or `@"a path"` behind it.
 *
 * @throws ConfigError for a file that cannot be read
 */
export async function withMentions(prompt: string, options: MentionOptions): Promise<Prompt> {
  const paths = new Set([...prompt.matchAll(mention)].map(([, quoted, plain]) => quoted ?? plain ?? ""));
  const found = await Promise.all([...paths].map((path) => readMentioned(path, options.signal)));
  for (const one of found) if (typeof one === "object" && one.type === "none") options.tell(one.notice);
  const notes = found.filter((one) => typeof one === "string");
  const attached = found.filter((one) => typeof one === "object" && one.type !== "none");
  return withAttachments([prompt, ...notes].join("\n\n"), attached);
}

/** People write `@name` for other reasons too. */
interface NoFile {
  type: "none";
  notice: string;
}

/** A text is a note for what only tools can read. */
async function readMentioned(path: string, signal: AbortSignal): Promise<Attachment | NoFile | string> {
  const found = await find(path);
  if (typeof found === "string" || !found.isFile()) {
    const why = typeof found === "string" ? found : "it is no file";
    return { type: "none", notice: `no file is attached for @${path}: ${why}` };
  }
  try {
    const attachment = await readAttachment(path, signal);
    const isLong = attachment.type === "text" && found.size > maxTextBytes;
    return isLong ? `(${path} has ${(found.size / 1e6).toFixed(1)} MB: read it with a tool.)` : attachment;
  } catch (thrown) {
    if (!(thrown instanceof UnsuitableFileError)) throw thrown;
    return `(${thrown.message}; read it with a tool.)`;
  }
}

/** What is there, or why it is not known. */
async function find(path: string): Promise<Stats | string> {
  try {
    return await stat(path);
  } catch (thrown) {
    if (systemErrorCode(thrown) === undefined) throw thrown;
    return systemErrorCode(thrown) === "ENOENT" ? "there is none of that name" : errorMessage(thrown);
  }
}
