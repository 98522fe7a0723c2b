import { readFile, rm } from "node:fs/promises";
import { ConfigError, systemErrorCode } from "../../errors.ts";
import { entriesOf, type Entries, type Place, type ServerEntry } from "./entry.ts";
import type { Client } from "./clients.ts";
import { meansTheSame } from "./means-the-same.ts";
import { copyOf, keepCopy, keepingMark, readSettings, replaceSettings, type SettingsFile } from "./settings-file.ts";
import { startsAxoner } from "./this-server.ts";

export interface Registration {
  client: Client;
  /** The client's settings, as `client.file` tells. */
  file: string;
  /** The name the server has there. */
  name: string;
}

export type Registered = "added" | "replaced" | "unchanged";

/**
 * Put an entry into a client's settings. What was there is kept in a copy beside them.
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
    if (meansTheSame(old, entry)) return { done: "unchanged", path: read.path };
    if (old !== undefined && !startsAxoner(old) && !replace) {
      throw new ConfigError(
        `has a server "${name}" already that is not axoner; choose another name with --name, or replace it with --replace`,
      );
    }
    const after = keepingMark(text, (bare) => entries.set(bare, place, entry));
    // the copy of an earlier install is older than what that install wrote: it stays
    const copy = old === undefined || !startsAxoner(old) ? await keepCopy(read) : undefined;
    await replaceSettings(read, after);
    return { done: old === undefined ? "added" : "replaced", path: read.path, copy };
  });
}

export type Unregistered = "restored" | "removed" | "absent";

/**
 * Take an entry out again. Settings that nobody changed since become what they were, byte by byte; others lose the
 * entry alone.
 *
 * @throws ConfigError where the settings cannot be read or edited, or the entry starts something else
 */
export async function unregister({ client, file, name }: Registration): Promise<{ done: Unregistered; path: string }> {
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
    const before = await textBefore(read, { entries, place, entry });
    const removed = () => keepingMark(text, (bare) => entries.remove(bare, place));
    await replaceSettings(read, before.known ? before.text : removed());
    await rm(copyOf(path), { force: true });
    return { done: before.known ? "restored" : "removed", path };
  });
}

/** What a client has under the name; undefined for nothing. */
export async function registered({ client, file, name }: Registration): Promise<unknown> {
  const { path, text } = await readSettings(file);
  const { entries, place } = editing(client, name);
  return text === undefined ? undefined : explained(path, async () => entryIn(entries, text, place));
}

/** Every server of a client by its name; undefined where it has no settings. */
export async function registeredServers(
  client: Client,
  file: string,
): Promise<{ path: string; servers: Map<string, unknown> } | undefined> {
  const { path, text } = await readSettings(file);
  if (text === undefined) return undefined;
  const { entries } = editing(client, "");
  const bare = text.replace(/^\uFEFF/, "");
  const servers = await explained(path, async () => {
    const names = entries.names(bare, client.servers);
    return new Map(names.map((name) => [name, entries.read(bare, { servers: client.servers, name })] as const));
  });
  return { path, servers };
}

interface Editing {
  entries: Entries;
  place: Place;
}

function editing(client: Client, name: string): Editing {
  return { entries: entriesOf(client), place: { servers: client.servers, name } };
}

function entryIn(entries: Entries, text: string, place: Place): unknown {
  return entries.read(text.replace(/^\uFEFF/, ""), place);
}

/** The text from which adding the entry makes just what is there now: the copy, or no file at all. */
async function textBefore(
  { path, text }: SettingsFile,
  { entries, place, entry }: Editing & { entry: unknown },
): Promise<{ known: true; text: string | undefined } | { known: false }> {
  const copy = await readFile(copyOf(path), "utf8").catch((thrown: unknown) => {
    if (systemErrorCode(thrown) === "ENOENT") return undefined;
    throw thrown;
  });
  const again = keepingMark(copy ?? "", (bare) => entries.set(bare, place, entry as ServerEntry)); // `startsAxoner` has seen it
  return again === text ? { known: true, text: copy } : { known: false };
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
