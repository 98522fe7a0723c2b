/** A pattern whose `*` stands for any characters. Matching takes one pass, whatever the pattern. */
export interface Wildcards {
  /** The pattern between its wildcards. */
  parts: string[];
  /** Whether the text must end where the pattern does. */
  anchored: boolean;
}

export function readWildcards(pattern: string, anchored: boolean): Wildcards {
  return { parts: pattern.split(/\*+/), anchored };
}

/** Each part is taken where it first occurs behind the one before; an anchored last part must be the end. */
export function matchesWildcards({ parts, anchored }: Wildcards, text: string): boolean {
  const [first = "", ...others] = parts;
  if (!text.startsWith(first)) return false;
  const last = anchored ? others.pop() : undefined;
  let at = first.length;
  for (const part of others) {
    const found = text.indexOf(part, at);
    if (found < 0) return false;
    at = found + part.length;
  }
  if (last !== undefined) return text.length - last.length >= at && text.endsWith(last);
  return !anchored || at === text.length;
}

/** One spelling for a path or a query: only what must be is percent-encoded, with upper-case digits. */
export function normalisePercents(path: string): string {
  return path
    .toWellFormed()
    .replace(/[^\x21-\x7e]+/g, (text) => encodeURIComponent(text))
    .replace(/%[0-9a-f]{2}/gi, (code) => {
      const char = String.fromCharCode(Number.parseInt(code.slice(1), 16));
      return /[a-z0-9._~-]/i.test(char) ? char : code.toUpperCase();
    });
}
