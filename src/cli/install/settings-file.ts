import { randomUUID } from "node:crypto";
import { chmod, lstat, open, readFile, realpath, rename, rm, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { ConfigError, errorMessage, systemErrorCode } from "../../errors.ts";
import { makeFolders } from "../../make-folders.ts";

/** A client's settings as they lie on disk. */
export interface SettingsFile {
  /** The file itself, where the path that the client reads is a link. */
  path: string;
  /** Undefined where there is none yet. */
  text: string | undefined;
}

/** Some programs keep more than settings in them. */
const maxBytes = 64_000_000;

const byteOrderMark = "\uFEFF";

/**
 * @returns the text without the mark that some editors begin it with
 * @throws ConfigError where the file cannot be read, is no text, or is a link that leads nowhere
 */
export async function readSettings(path: string): Promise<SettingsFile> {
  try {
    const real = await realpath(path);
    const found = await stat(real);
    // a pipe would be waited for, and a device never ends
    if (!found.isFile())
      throw new ConfigError(`${path} is no file; name or make one that is, or add what --print shows`);
    if (found.size > maxBytes) throw new ConfigError(`${path} has ${found.size} bytes; at most ${maxBytes} are edited`);
    const bytes = await readFile(real);
    return { path: real, text: new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes) };
  } catch (thrown) {
    if (thrown instanceof ConfigError) throw thrown;
    if (systemErrorCode(thrown) === "ENOENT" && !(await isLink(path))) return { path, text: undefined };
    const why = thrown instanceof TypeError ? "it is not UTF-8" : errorMessage(thrown);
    throw new ConfigError(`${path} cannot be read: ${why}`, { cause: thrown });
  }
}

async function isLink(path: string): Promise<boolean> {
  return (await lstat(path).catch(() => undefined))?.isSymbolicLink() === true;
}

/** An edit of a text that begins with a mark keeps the mark. */
export function keepingMark(text: string, change: (text: string) => string): string {
  return text.startsWith(byteOrderMark) ? byteOrderMark + change(text.slice(1)) : change(text);
}

/**
 * Put a text in place of what was read, whole or not at all, with the permissions that the file had. Where `text` is
 * undefined the file is taken away.
 *
 * @throws ConfigError where the file may not be written, or was changed since it was read
 */
export async function replaceSettings(read: SettingsFile, text: string | undefined): Promise<void> {
  const { path } = read;
  const mode = (await stat(path).catch(() => undefined))?.mode;
  if (mode !== undefined && (mode & 0o200) === 0) {
    throw new ConfigError(`${path} is read-only; nothing was changed. Make it writable, or add what --print shows`);
  }
  if (text === undefined) return withReason(path, () => rm(path));
  await withReason(path, () => writeWhole(path, text, { mode: mode ?? 0o600, unless: () => changedSince(read) }));
}

/** Keep what a file holds beside it, unless there is a copy of it already. */
export async function keepCopy(read: SettingsFile): Promise<string | undefined> {
  if (read.text === undefined) return undefined;
  const copy = copyOf(read.path);
  const { mode } = await stat(read.path);
  const text = read.text;
  await withReason(copy, () => writeWhole(copy, text, { mode, unless: () => Promise.resolve(false) }));
  return copy;
}

/** Where the copy of a file is kept. */
export function copyOf(path: string): string {
  return `${path}.before-axoner`;
}

async function changedSince({ path, text }: SettingsFile): Promise<boolean> {
  return (await readSettings(path)).text !== text;
}

interface Writing {
  mode: number;
  /** Asked when all is written and nothing is in place yet. */
  unless: () => Promise<boolean>;
}

async function writeWhole(path: string, text: string, { mode, unless }: Writing): Promise<void> {
  await makeFolders(dirname(path));
  const draft = join(dirname(path), `.${basename(path)}.${randomUUID()}`);
  const file = await open(draft, "wx", 0o600);
  try {
    await file.writeFile(text);
    await file.sync();
    await file.close();
    await chmod(draft, mode & 0o777);
    if (await unless()) throw new ConfigError(`${path} was changed by someone else meanwhile; run the command again`);
    await rename(draft, path);
  } catch (thrown) {
    await file.close().catch(() => undefined); // it may be closed already; what went wrong is thrown below
    await rm(draft, { force: true });
    throw thrown;
  }
}

async function withReason(path: string, write: () => Promise<void>): Promise<void> {
  try {
    await write();
  } catch (thrown) {
    if (thrown instanceof ConfigError) throw thrown;
    throw new ConfigError(`${path} cannot be written: ${errorMessage(thrown)}; nothing was changed`, { cause: thrown });
  }
}
