import { rm } from "node:fs/promises";
import { ConfigError } from "../../errors.ts";
import { isJsonObject } from "../../message.ts";
import { entriesOf, type Entries, type Place, type ServerEntry } from "./entry.ts";
import type { Client } from "./clients.ts";
import { meansTheSame } from "./means-the-same.ts";
import {
  copyOf,
  keepingMark,
  readCopy,
  readSettings,
  replaceKeeping,
  replaceSettings,
  withoutMark,
} from "./settings-file.ts";
import { isWritten, startsAxoner } from "./starts-axoner.ts";
import { holdsAnother, undo, type Editing, type Undone } from "./undo.ts";

export interface Registration {
  client: Client;
  /** The client's settings, as `client.file` tells. */
  file: string;
  /** The name the server has there. */
  name: string;
}

export type Registered = "added" | "replaced" | "unchanged";

/**
 * Put an entry into a client's settings. An entry for axoner keeps the keys that are not set. What was there is kept in
 * a copy beside the settings, unless it is what an earlier `register` wrote.
 *
 * @param options.replace whether an entry of that name may be replaced that starts something else
 * @throws ConfigError where the settings cannot be read or edited, or the name is taken
 */
export async function register(
  { client, file, name }: Registration,
  entry: ServerEntry,
  { replace }: { replace: boolean },
): Promise<{ done: Registered; path: string; copy?: string | undefined }> {
  const read = await readSettings(file);
  const { entries, place } = editing(client, name);
  return explained(read.path, async () => {
    const text = read.text ?? "";
    const old = entryIn(entries, text, place);
    const isAxoner = startsAxoner(old);
    const wanted = isAxoner && isJsonObject(old) ? { ...old, ...entry } : entry;
    if (meansTheSame(old, wanted)) return { done: "unchanged", path: read.path };
    if (old !== undefined && !isAxoner && !replace) {
      throw new ConfigError(
        `has a server "${name}" already that is not axoner; choose another name with --name, or replace it with --replace`,
      );
    }
    const after = keepingMark(text, (bare) => entries.set(bare, place, wanted));
    if (isAxoner && isWritten(old)) {
      // the copy of the earlier install is older than what that install wrote: it stays
      await replaceSettings(read, after);
      return { done: "replaced", path: read.path };
    }
    const copy = await replaceKeeping(read, after, {
      copy: copyOf(read.path, name),
      isPrecious: (kept) => holdsAnother(kept, { entries, place, entry: old }),
    });
    return { done: old === undefined ? "added" : "replaced", path: read.path, copy };
  });
}

export type Unregistered = Undone["done"] | "absent";

/**
 * Take an entry out again. Settings that nobody changed since become what they were, byte by byte; in others what stood
 * under the name before stands there again, if anything did.
 *
 * @returns `copy` where what was there before could not be put back and is kept there still
 * @throws ConfigError where the settings cannot be read or edited, or the entry starts something else
 */
export async function unregister({
  client,
  file,
  name,
}: Registration): Promise<{ done: Unregistered; path: string; copy?: string }> {
  const read = await readSettings(file);
  const { path, text } = read;
  if (text === undefined) return { done: "absent", path };
  const { entries, place } = editing(client, name);
  return explained(path, async () => {
    const entry = entryIn(entries, text, place);
    if (entry === undefined) return { done: "absent", path };
    if (!startsAxoner(entry)) {
      throw new ConfigError(`has a server "${name}" that is not axoner; it is left as it is. Name another with --name`);
    }
    const copy = copyOf(path, name);
    const { done, after, isCopyNeeded } = undo(text, { entries, place, entry, copied: await readCopy(copy) });
    await replaceSettings(read, after);
    if (isCopyNeeded) return { done, path, copy };
    await rm(copy, { force: true });
    return { done, path };
  });
}

/** What a client has under the name; undefined for nothing. */
export async function registered({ client, file, name }: Registration): Promise<unknown> {
  const { path, text } = await readSettings(file);
  const { entries, place } = editing(client, name);
  return text === undefined ? undefined : explained(path, async () => entryIn(entries, text, place));
}

/**
 * Every server of a client by its name, those that it has in one folder alone in place of others of that name; undefined
 * where it has no settings.
 *
 * @param folder where the client is used
 */
export async function registeredServers(
  client: Client,
  file: string,
  folder: string,
): Promise<{ path: string; servers: Map<string, unknown> } | undefined> {
  const { path, text } = await readSettings(file);
  if (text === undefined) return undefined;
  const { entries } = editing(client, "");
  const bare = withoutMark(text);
  const servers = await explained(path, async () => {
    const names = entries.names(bare, client.servers);
    const everywhere = names.map((name) => [name, entries.read(bare, { servers: client.servers, name })] as const);
    const here =
      client.folders === undefined ? undefined : entries.read(bare, { servers: client.folders, name: folder });
    const local = isJsonObject(here) && isJsonObject(here[client.servers]) ? here[client.servers] : {};
    return new Map<string, unknown>([...everywhere, ...Object.entries(local ?? {})]);
  });
  return { path, servers };
}

function editing(client: Client, name: string): Editing {
  return { entries: entriesOf(client), place: { servers: client.servers, name } };
}

function entryIn(entries: Entries, text: string, place: Place): unknown {
  return entries.read(withoutMark(text), place);
}

/** An error about a text says whose it is. */
async function explained<Result>(path: string, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (thrown) {
    if (!(thrown instanceof ConfigError) || thrown.message.startsWith(path)) throw thrown;
    throw new ConfigError(`${path} ${thrown.message}`, { cause: thrown });
  }
}
