/**
 * How many ways a backtracking engine may have to try, at most: `ways * length ** degree` for a text of that length.
 * Undefined where no such bound is known: groups that repeat and can match in several ways, references to groups.
 *
 * Regular expressions of someone else's are run only where this is small. The bound is crude, and never too low: each
 * quantifier, each alternative and each place to begin at is counted as a choice of its own.
 */
export interface PatternCost {
  ways: number;
  degree: number;
}

const maxPatternChars = 500;
/** More of one quantifier's choices than this count as a length. */
const manyWays = 1_000;
const maxSteps = 20_000_000;

/** Whether a pattern can be tried on texts of that length without taking long. */
export function isCheap(pattern: string, lengthChars: number): boolean {
  const cost = costOfPattern(pattern);
  return cost !== undefined && cost.ways * Math.max(1, lengthChars) ** cost.degree <= maxSteps;
}

/** A part of a pattern: what stands in one pair of parentheses, or all of it. */
interface Level extends PatternCost {
  alternatives: number;
  /** Matches one text length in one way alone. */
  isFixed: boolean;
  /** Of the last thing that was read: what a quantifier behind it repeats. */
  last: Level | "atom" | undefined;
}

export function costOfPattern(pattern: string): PatternCost | undefined {
  if (pattern.length > maxPatternChars) return undefined;
  const open: Level[] = [];
  let level = newLevel();
  for (const token of pattern.matchAll(tokens)) {
    const [text] = token;
    if (/^\\(?:[1-9]|k<)/.test(text)) return undefined;
    if (text.startsWith("(")) {
      open.push(level);
      level = newLevel();
    } else if (text === ")") {
      const outer = open.pop();
      if (outer === undefined) return undefined;
      const group = closed(level);
      multiply(outer, group);
      outer.isFixed &&= group.isFixed;
      outer.last = group;
      level = outer;
    } else if (text === "|") {
      level.alternatives += 1;
      level.isFixed = false;
    } else if (!/^(?:[*+?]|\{\d+(?:,\d*)?\})/.test(text)) {
      level.last = "atom";
    } else if (!quantify(level, text)) {
      return undefined;
    }
  }
  if (open.length > 0) return undefined;
  const whole = closed(level);
  const isAnchored = pattern.startsWith("^") && level.alternatives === 1;
  return isAnchored ? whole : { ways: whole.ways, degree: whole.degree + 1 };
}

/** Escapes, classes, the openings of groups, quantifiers (also lazy ones), and single characters. */
const tokens =
  /\\(?:k<[^>]*>|u\{[^}]*\}|[pP]\{[^}]*\}|u[\da-fA-F]{4}|x[\da-fA-F]{2}|c[a-zA-Z]|[^])|\[(?:\\[^]|[^\]\\])*\]|\((?:\?(?::|=|!|<=|<!|<[^>]*>))?|(?:[*+?]|\{\d+(?:,\d*)?\})\??|[^]/gu;

function newLevel(): Level {
  return { ways: 1, degree: 0, alternatives: 1, isFixed: true, last: undefined };
}

function closed(level: Level): Level {
  return { ...level, ways: level.ways * level.alternatives };
}

function multiply(level: Level, { ways, degree }: PatternCost): void {
  level.ways *= ways;
  level.degree += degree;
}

/** False where what is repeated can match in several ways, so that the ways multiply with every repetition. */
function quantify(level: Level, text: string): boolean {
  const { least, most } = rangeOf(text);
  const { last } = level;
  level.last = undefined;
  if (last === undefined) return false;
  if (most > 1 && last !== "atom" && !last.isFixed) return false;
  if (most === least) return true;
  level.isFixed = false;
  const choices = most - least + 1;
  multiply(level, choices > manyWays ? { ways: 1, degree: 1 } : { ways: choices, degree: 0 });
  return true;
}

function rangeOf(quantifier: string): { least: number; most: number } {
  if (quantifier.startsWith("*")) return { least: 0, most: Infinity };
  if (quantifier.startsWith("+")) return { least: 1, most: Infinity };
  if (quantifier.startsWith("?")) return { least: 0, most: 1 };
  const [, least = "0", comma, most = ""] = /^\{(\d+)(,)?(\d*)\}/.exec(quantifier) ?? [];
  const atMost = comma === undefined ? Number(least) : most === "" ? Infinity : Number(most);
  return { least: Number(least), most: atMost };
}
