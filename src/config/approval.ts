import { ConfigError } from "../errors.ts";
import { isJsonObject } from "../message.ts";

export const approvalModes = ["always", "ask", "never"] as const;

/** Whether a tool may be called: always, once somebody was asked, or never. */
export type ApprovalMode = (typeof approvalModes)[number];

/** By the names of tools; `*` stands for those that are not named. */
export type ApprovalModes = Readonly<Record<string, ApprovalMode>>;

/** Of a mode for all tools, `scrape=always,export_data=ask`, a list of those, or an object. Undefined for what is none. */
export function parseApproval(given: unknown): ApprovalModes | undefined {
  const texts = typeof given === "string" ? given.split(",") : given;
  const entries = Array.isArray(texts)
    ? texts.flatMap(toEntries)
    : isJsonObject(given)
      ? Object.entries(given)
      : undefined;
  const read = entries?.flatMap(([name, value]) => {
    const mode = approvalModes.find((known) => known === value);
    return name === "" || mode === undefined ? [] : [[name, mode] as const];
  });
  return read !== undefined && read.length === entries?.length ? fromEntries(read) : undefined;
}

function toEntries(given: unknown): [name: string, mode: string][] {
  return typeof given === "string" ? given.split(",").map(toEntry) : [["", ""]];
}

function toEntry(text: string): [name: string, mode: string] {
  const [first = "", ...rest] = text.split("=").map((part) => part.trim());
  return rest.length === 0 ? ["*", first] : [first, rest.join("=")];
}

/**
 * What several sources say, by their names, the strongest last: it counts tool by tool, so that what a file says of one tool holds beside
 * a flag for all.
 *
 * @throws ConfigError for what is no setting
 */
export function mergeApproval(sources: Readonly<Record<string, unknown>>): ApprovalModes {
  const read = Object.entries(sources).flatMap(([source, given]) => {
    if (given === undefined) return [];
    const modes = parseApproval(given);
    if (modes === undefined) throw new ConfigError(`${source}: must be ${wantedApproval}`);
    return Object.entries(modes);
  });
  return fromEntries(read);
}

export const wantedApproval = `${approvalModes.join(", ")}, or one of them for a tool: scrape=always`;

/** What holds for a tool. Where nothing is said it is asked, as far as somebody can be. */
export function modeOf(modes: ApprovalModes, name: string): ApprovalMode | undefined {
  return Object.hasOwn(modes, name) ? modes[name] : modes["*"];
}

/** The settings of a user as a project narrows them: it can only ask for more care. */
export function narrowApproval(given: ApprovalModes, project: ApprovalModes): ApprovalModes {
  const names = new Set([...Object.keys(given), ...Object.keys(project)]);
  return fromEntries(
    [...names].flatMap((name) => {
      const narrower = modeOf(project, name);
      const wanted = [modeOf(given, name), ...(narrower === undefined ? [] : [narrower])];
      const strictest = order.findLast((mode) => wanted.includes(mode));
      return strictest === undefined ? [] : [[name, strictest] as const];
    }),
  );
}

/** From the least care to the most. Nothing said asks less than `ask`: where nobody can be asked, that refuses. */
const order = ["always", undefined, "ask", "never"] as const;

/** A tool may be called `__proto__`. */
function fromEntries(entries: readonly (readonly [name: string, mode: ApprovalMode])[]): ApprovalModes {
  return Object.fromEntries(entries);
}
