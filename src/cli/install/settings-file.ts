import { randomUUID } from "node:crypto";
import { existsSync } from "node:fs";
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
 * @returns the text as it is, with the mark that some editors begin it with
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

export function withoutMark(text: string): string {
  return text.startsWith(byteOrderMark) ? text.slice(1) : text;
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
  const mode = await writableMode(path);
  if (text === undefined) return withReason(path, () => rm(path));
  await withReason(path, () => writeWhole(path, text, { mode: mode ?? 0o600, unless: () => changedSince(read) }));
}

/**
 * As `replaceSettings`, and keep what the file held. A copy of before that is precious is set aside under a number; one
 * that is not is replaced.
 *
 * @returns where the copy is; undefined where there was no file
 */
export async function replaceKeeping(
  read: SettingsFile,
  text: string,
  { copy, isPrecious }: { copy: string; isPrecious: (copied: string) => boolean },
): Promise<string | undefined> {
  const { path, text: before } = read;
  const mode = await writableMode(path);
  if (before === undefined || mode === undefined) {
    await replaceSettings(read, text);
    return undefined;
  }
  const earlier = await readCopy(copy);
  if (earlier !== undefined && isPrecious(earlier)) await withReason(copy, () => setAside(copy));
  await withReason(copy, () => writeWhole(copy, before, { mode, unless: () => Promise.resolve(false) }));
  try {
    await replaceSettings(read, text);
  } catch (thrown) {
    await rm(copy, { force: true }); // of something that did not happen
    throw thrown;
  }
  return copy;
}

/** Where the copy of a file is kept, as it was before a server of that name was put into it. */
export function copyOf(path: string, name: string): string {
  return `${path}.before-${name === "axoner" ? name : `axoner-${encodeURIComponent(name)}`}`;
}

/** @returns undefined where there is none */
export async function readCopy(copy: string): Promise<string | undefined> {
  return (await readSettings(copy)).text;
}

async function setAside(copy: string): Promise<void> {
  for (let number = 1; ; number++) {
    if (existsSync(`${copy}.${number}`)) continue;
    return rename(copy, `${copy}.${number}`);
  }
}

/** @throws ConfigError where the file may not be written */
async function writableMode(path: string): Promise<number | undefined> {
  const mode = (await stat(path).catch(() => undefined))?.mode;
  if (mode !== undefined && (mode & 0o200) === 0) {
    throw new ConfigError(`${path} is read-only; nothing was changed. Make it writable, or add what --print shows`);
  }
  return mode;
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
