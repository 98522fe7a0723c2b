import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parse as parseJsonc } from "jsonc-parser";
import { parse as parseToml } from "smol-toml";
import { clients, type Client } from "../../src/cli/install/clients.ts";
import { serverEntry } from "../../src/cli/install/this-server.ts";
import { temporaryFolder } from "./config.ts";

const fixtures = new URL("../fixtures/clients/", import.meta.url);
const installation = { program: "/opt/node/bin/node", entry: "/opt/node/lib/node_modules/axoner/dist/mcp-server.js" };
export const all = Object.entries(clients);

export function fixtureOf(id: string, { format }: Client): Buffer {
  return readFileSync(new URL(`${id}.${format}`, fixtures));
}

export function clientOf(id: string): Client {
  const client = clients[id];
  if (client === undefined) throw new Error(`there is no ${id}`);
  return client;
}

/** A client's settings in a folder of their own, under any name. */
export function settle(id: string, content?: string | Buffer) {
  const client = clientOf(id);
  const file = join(temporaryFolder(), `settings.${client.format}`);
  if (content !== undefined) writeFileSync(file, content);
  const registration = { client, file, name: "axoner" };
  const entry = serverEntry(installation, client, ["--root", "/data"]);
  return { file, registration, entry, text: () => readFileSync(file, "utf8") };
}

export function read({ format }: Client, text: string): Record<string, Record<string, unknown>> {
  const bare = text.replace(/^\uFEFF/, "");
  return (format === "json" ? parseJsonc(bare) : parseToml(bare)) as Record<string, Record<string, unknown>>;
}
