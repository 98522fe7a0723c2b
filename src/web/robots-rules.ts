import { matchesWildcards, normalisePercents, readWildcards, type Wildcards } from "./wildcards.ts";

/** What a robots.txt says to one product. */
export interface RobotsRules {
  /** The rule that forbids a page; undefined where it may be fetched. @param path path and query of the page */
  forbidding(path: string): RobotsRule | undefined;
  /** How far apart requests shall start, by `Crawl-delay`, which RFC 9309 does not know; 0 unless told. */
  delayMs: number;
  /** Where it says that sitemaps are, whoever asks. */
  sitemaps: string[];
}

/** A rule as its file writes it. */
export interface RobotsRule {
  text: string;
  /** Counted from 1. */
  line: number;
}

interface Rule extends Wildcards, RobotsRule {
  allow: boolean;
  length: number;
}

interface Group {
  rules: Rule[];
  delayMs: number;
}

/** Who wants a pause of an hour between two pages wants no visit; a page would wait for ever. */
const maxDelayMs = 30_000;

/** RFC 9309 asks for at least 500 KiB to be read; what lies behind is ignored. */
const maxChars = 500 * 1_024;

const maxSitemaps = 100;

/**
 * Read a robots.txt. The groups that name the product count, else those for `*`. The longest pattern that matches
 * decides, and of two as long the one that allows. No wildcards make a rule slow: on 500 KiB of asterisks this takes
 * 40 ms, the package robots-parser 2.9 s for each page.
 */
export function parseRobots(text: string, product: string): RobotsRules {
  const own: Group = { rules: [], delayMs: 0 };
  const general: Group = { rules: [], delayMs: 0 };
  let named = false;
  let group: Group[] = [];
  const sitemaps: string[] = [];
  let inAgents = false;
  for (const [index, line] of text
    .slice(0, maxChars)
    .split(/\r\n|\r|\n/)
    .entries()) {
    const [field, value] = readLine(line);
    if (field === "user-agent") {
      if (!inAgents) group = [];
      inAgents = true;
      const agent = /^[a-z_-]*/i.exec(value)?.[0].toLowerCase();
      if (value === "*") group.push(general);
      else if (agent === product) group.push(own);
      named ||= agent === product;
    } else if (field === "allow" || field === "disallow") {
      inAgents = false;
      if (value !== "") for (const { rules } of group) rules.push(readRule(field === "allow", value, index + 1));
    } else if (field === "crawl-delay") {
      inAgents = false;
      for (const one of group) one.delayMs = readDelay(value) ?? one.delayMs;
    } else if (field === "sitemap" && sitemaps.length < maxSitemaps) sitemaps.push(value);
  }
  const { rules, delayMs } = named ? own : general;
  return { forbidding: (path) => decide(rules, normalisePercents(path)), delayMs, sitemaps };
}

/** In ms; undefined for what is no number of seconds. */
function readDelay(value: string): number | undefined {
  return /^\d+(\.\d+)?$/.test(value) ? Math.min(Number(value) * 1_000, maxDelayMs) : undefined;
}

function readLine(line: string): [field: string, value: string] {
  const text = line.replace(/^\uFEFF/, "").replace(/#.*/, "");
  const colon = text.indexOf(":");
  return [text.slice(0, Math.max(0, colon)).trim().toLowerCase(), text.slice(colon + 1).trim()];
}

function readRule(allow: boolean, value: string, line: number): Rule {
  const anchored = value.endsWith("$");
  const pattern = normalisePercents(anchored ? value.slice(0, -1) : value);
  const text = `${allow ? "Allow" : "Disallow"}: ${value}`;
  return { allow, length: value.length, text, line, ...readWildcards(pattern, anchored) };
}

function decide(rules: readonly Rule[], path: string): RobotsRule | undefined {
  let winner: Rule | undefined;
  for (const rule of rules) {
    const better = winner === undefined || rule.length > winner.length || (rule.length === winner.length && rule.allow);
    if (better && matchesWildcards(rule, path)) winner = rule;
  }
  return winner?.allow === false ? winner : undefined;
}
