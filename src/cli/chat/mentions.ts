import { open, stat } from "node:fs/promises";
import { ConfigError, errorMessage } from "../../errors.ts";

/** A larger file is named to the model, whose tools read it better than it does. */
const maxBytes = 200_000;
const mention = /(?:^|(?<=\s))@(?:"([^"]+)"|(\S+))/g;

/**
 * A prompt with the texts of the files that it mentions as `@path` or `@"a path"` behind it.
 *
 * @throws ConfigError for a file that cannot be read
 */
export async function withMentions(prompt: string): Promise<string> {
  const paths = new Set([...prompt.matchAll(mention)].map(([, quoted, plain]) => quoted ?? plain ?? ""));
  const files = await Promise.all([...paths].map(readMentioned));
  return [prompt, ...files.filter((file) => file !== undefined)].join("\n\n");
}

/** Undefined for what is no file: people write `@name` for other reasons too. */
async function readMentioned(path: string): Promise<string | undefined> {
  const found = await stat(path).catch(() => undefined);
  if (found?.isFile() !== true) return undefined;
  if (found.size > maxBytes) return `(${path} has ${(found.size / 1e6).toFixed(1)} MB: read it with a tool.)`;
  try {
    await using file = await open(path);
    const bytes = await file.readFile();
    if (bytes.includes(0)) return `(${path} is no text: read it with a tool.)`;
    return `<file path=${JSON.stringify(path)}>\n${bytes.toString("utf8")}\n</file>`;
  } catch (thrown) {
    throw new ConfigError(`@${path} cannot be read: ${errorMessage(thrown)}`, { cause: thrown });
  }
}
