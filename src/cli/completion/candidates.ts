import { approvalModes } from "../../config/approval.ts";
import { optionsHere, place, type KnownOption, type Place } from "./place.ts";
import { commands } from "../commands.ts";
import type { Words } from "../own-options.ts";

export interface Candidate {
  /** What the word becomes. */
  value: string;
  text?: string;
}

export interface Candidates {
  found: Candidate[];
  /** What the shell itself adds, behind what is before a `=` in the word. */
  paths: "none" | "files" | "folders";
}

/** What is looked up only where it is needed. */
export interface Known {
  tools(): Promise<Candidate[]>;
  sessions(): Promise<Candidate[]>;
  providers(): Promise<Candidate[]>;
  /** Those of a provider that have a known price; of all of them where none is named. */
  models(provider: string | undefined): Promise<Candidate[]>;
}

/**
 * What the last of the words can become.
 *
 * @param words what is written behind `axoner`; the last one, at the cursor, may be empty
 */
export async function findCandidates(words: readonly string[], known: Known): Promise<Candidates> {
  const current = words.at(-1) ?? "";
  const here = place(words.slice(0, -1));
  if (here.pending !== undefined) return valuesOf(here.pending, { current, before: "", here }, known);
  const inline = here.isOver ? undefined : /^(--[a-z-]+)=(.*)$/s.exec(current);
  const option = inline && optionsHere(here).find(({ flag }) => flag === inline[1]);
  if (inline && option) return valuesOf(option, { current: inline[2] ?? "", before: `${option.flag}=`, here }, known);
  if (current.startsWith("-") && !here.isOver) return only(optionCandidates(here), current);
  if (here.command === undefined) {
    return only(
      Object.entries(commands).map(([value, { summary }]) => ({ value, text: summary })),
      current,
    );
  }
  return wordsOf(here.operand, { current, before: "", here }, known);
}

interface Asked {
  current: string;
  /** What stands before the value in the same word. */
  before: string;
  here: Place;
}

function optionCandidates(here: Place): Candidate[] {
  const left = optionsHere(here).filter(({ flag, isRepeatable }) => isRepeatable || !here.used.has(flag));
  return [...left.map(({ flag, text }) => ({ value: flag, text })), { value: "--help", text: "say more" }];
}

async function valuesOf(option: KnownOption, asked: Asked, known: Known): Promise<Candidates> {
  const { current, before, here } = asked;
  switch (option.key) {
    case "provider":
      return only(await known.providers(), current, before);
    case "fallback": {
      const [, provider] = /^([^/]+)\//.exec(current) ?? [];
      if (provider === undefined)
        return only(
          (await known.providers()).map(({ value }) => ({ value: `${value}/` })),
          current,
          before,
        );
      return only(
        (await known.models(provider)).map(({ value, ...more }) => ({ value: `${provider}/${value}`, ...more })),
        current,
        before,
      );
    }
    case "approve": {
      const [, tool] = /^(\w+)=/.exec(current) ?? [];
      if (tool !== undefined)
        return only(
          approvalModes.map((mode) => ({ value: `${tool}=${mode}` })),
          current,
          before,
        );
      const tools = (await known.tools()).map(({ value }) => ({ value: `${value}=` }));
      return only([...approvalModes.map((mode) => ({ value: mode })), ...tools], current, before);
    }
    case "tools":
    case "no_tools": {
      const cut = current.lastIndexOf(",") + 1;
      const chosen = new Set(current.slice(0, cut).split(","));
      const left = (await known.tools()).filter(({ value }) => !chosen.has(value));
      return only(left, current.slice(cut), before + current.slice(0, cut));
    }
    default:
      return wordsOf(option.words, { current, before, here }, known);
  }
}

async function wordsOf(words: Words, { current, before, here }: Asked, known: Known): Promise<Candidates> {
  if (words === "files" || words === "folders") return { found: [], paths: words };
  if (words === "free") return { found: [], paths: "none" };
  if (words === "tools") return only(await known.tools(), current, before);
  if (words === "sessions") return only(await known.sessions(), current, before);
  if (words === "models") return only(await known.models(here.used.get("--provider")), current, before);
  return only(
    words.map((value) => ({ value })),
    current,
    before,
  );
}

/** Those that begin as the word does. What a shell or a terminal could take for something else is left out. */
function only(all: readonly Candidate[], start: string, before = ""): Candidates {
  const found = all.flatMap(({ value, text }) => {
    if (!value.startsWith(start) || !/^[\w@%+=:,./-]+$/.test(value)) return [];
    const line = text?.replaceAll(/[\p{C}\s]+/gu, " ").trim();
    return [{ value: before + value, ...(line === undefined ? {} : { text: line }) }];
  });
  return { found, paths: "none" };
}
