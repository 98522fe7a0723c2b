import type { Client } from "./clients.ts";
import { jsonEntries } from "./json-entries.ts";
import { tomlEntries } from "./toml-entries.ts";

/** One server in a client's settings: all that JSON can hold. */
export type ServerEntry = Readonly<Record<string, unknown>>;

/** Where an entry stands in a text of settings. */
export interface Place {
  /** The key of the servers. */
  servers: string;
  /** The server's own name. */
  name: string;
}

/** How one format of settings is edited: nothing but the entry changes, comments and order included. */
export interface Entries {
  /**
   * @returns what stands under the name, whoever put it there; undefined where nothing does
   * @throws ConfigError that says where the text is not in its format, or not what a client's settings are
   */
  read(text: string, place: Place): unknown;
  /**
   * @returns the names of all servers in the text
   * @throws ConfigError as `read`
   */
  names(text: string, servers: string): string[];
  /** @throws ConfigError as `read`, and where the text is written in a way in which the entry cannot be put */
  set(text: string, place: Place, entry: ServerEntry): string;
  /** @throws ConfigError as `set` */
  remove(text: string, place: Place): string;
}

export function entriesOf({ format }: Pick<Client, "format">): Entries {
  return format === "json" ? jsonEntries : tomlEntries;
}
