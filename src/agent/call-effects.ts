import type { JsonObject, JsonValue } from "../message.ts";
import type { ToolDefinition } from "../tools/tool.ts";
import { namesDataset } from "./dataset-reads.ts";

/**
 * What a call does that somebody may want to be asked about: `writes` a file in the workspace, `writes_outside` of it or
 * may change something else, `reaches` other machines or servers, `spends` money.
 */
export type Effect = "writes" | "writes_outside" | "reaches" | "spends";

interface Known {
  effects(input: JsonObject, workspace: string | undefined): readonly Effect[];
  /** Whether what such a call returns may have been written by anybody. */
  isUntrusted(input: JsonObject): boolean;
}

const web: Known = { effects: () => ["reaches"], isUntrusted: () => true };
const local: Known = { effects: () => [], isUntrusted: () => false };
const reader: Known = { effects: (input) => (namesUrl(input) ? ["reaches"] : []), isUntrusted: readsOthers };
const writer: Known = {
  effects: (input, workspace) => [...writesOf(input["path"], workspace), ...reader.effects(input, workspace)],
  isUntrusted: readsOthers,
};

/** axoner's own tools; another server's tool never has the name of one. */
const ownTools: Readonly<Record<string, Known>> = {
  scrape: web,
  crawl: web,
  web_search: { effects: () => ["reaches", "spends"], isUntrusted: () => true },
  run_agent: { effects: () => ["spends"], isUntrusted: () => true },
  query_data: reader,
  profile_data: reader,
  read_rows: reader,
  export_data: writer,
  chart: writer,
  query_database: local,
  calculate: local,
  // whatever a job gives, also one that another session began
  job: { effects: () => [], isUntrusted: () => true },
};

/** What one call does. Of a tool that is not axoner's own that is what its hints say. */
export function effectsOf(
  { name, hints, server }: ToolDefinition,
  input: JsonObject,
  workspace: string | undefined,
): readonly Effect[] {
  const known = server === undefined ? ownTool(name) : undefined;
  if (known !== undefined) return known.effects(input, workspace);
  if (hints.ofCaller === true) return [];
  const reaches: Effect[] = server !== undefined || hints.openWorld ? ["reaches"] : [];
  return hints.readOnly ? reaches : ["writes_outside", ...reaches];
}

export interface Answered {
  name: string;
  input: JsonValue;
  ok: boolean;
  /** Undefined where there is no such tool any more. */
  definition: ToolDefinition | undefined;
}

/** Whether the result of a call may have been written by anybody, for the model to obey. */
export function isUntrustedResult({ name, input, ok, definition }: Answered): boolean {
  const known = definition?.server === undefined ? ownTool(name) : undefined;
  // errors of our own tools are our own words; those of others are not
  if (known !== undefined) return ok && known.isUntrusted(isObject(input) ? input : {});
  return definition === undefined || definition.server !== undefined || (ok && definition.hints.openWorld);
}

function ownTool(name: string): Known | undefined {
  return Object.hasOwn(ownTools, name) ? ownTools[name] : undefined;
}

function writesOf(path: JsonValue | undefined, workspace: string | undefined): readonly Effect[] {
  // without a path a file of a new name is made in the workspace, as datasets are
  if (path === undefined || path === null) return [];
  return [typeof path === "string" && isInWorkspace(path, workspace) ? "writes" : "writes_outside"];
}

/** By its name alone: links out of the workspace are refused where the file is made. */
function isInWorkspace(path: string, workspace: string | undefined): boolean {
  const isAbsolute = /^(?:[/\\]|[a-z]:|~)/i.test(path);
  const rest = isAbsolute ? insideOf(path, workspace) : path;
  return rest !== undefined && !rest.split(/[/\\]/).includes("..");
}

function insideOf(path: string, workspace: string | undefined): string | undefined {
  if (workspace === undefined || !path.startsWith(workspace)) return undefined;
  const rest = path.slice(workspace.length);
  return /^[/\\]/.test(rest) ? rest : undefined;
}

/** Anywhere in the arguments, also in the middle of a statement. */
function namesUrl(value: JsonValue): boolean {
  if (typeof value === "string") return /https?:/i.test(value);
  return typeof value === "object" && value !== null && Object.values(value).some(namesUrl);
}

/** A dataset may be of the web, and of another conversation. */
function readsOthers(input: JsonObject): boolean {
  return namesUrl(input) || namesDataset(input);
}

function isObject(value: JsonValue): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
