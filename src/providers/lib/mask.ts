/**
 * Takes secrets out of texts, as they are and as URLs, JSON and HTML spell them, and the beginning of one that a text was
 * cut off in.
 */
export function openMask(secrets: readonly string[]): (text: string) => string {
  const told = secrets.filter((secret) => secret !== "").toSorted((a, b) => b.length - a.length);
  if (told.length === 0) return (text) => text;
  const spelt = new RegExp(told.map((secret) => [...secret].map(spellingsOf).join("")).join("|"), "g");
  return (text) => withoutHead(text.replace(spelt, "***"), told);
}

const named: Readonly<Record<string, string>> = { "&": "amp", "<": "lt", ">": "gt", '"': "quot", "'": "apos" };
/** Less of a secret than this tells nothing, and many a word begins so. */
const leastHeadChars = 8;

/** A pattern of one character, which may be escaped more than once. */
function spellingsOf(character: string): string {
  const code = character.charCodeAt(0);
  const hex = [...code.toString(16).padStart(2, "0")].map((digit) => `[${digit}${digit.toUpperCase()}]`).join("");
  const name = named[character] === undefined ? "" : `|${named[character]}`;
  const literal = /[\w]/.test(character) ? character : `\\${character}`;
  return `(?:\\\\*${literal}|%(?:25)*${hex}|\\\\+u00${hex}|&(?:amp;)*(?:#0*${code}|#[xX]0*${hex}${name});)`;
}

function withoutHead(text: string, secrets: readonly string[]): string {
  for (const secret of secrets) {
    for (let length = secret.length - 1; length >= leastHeadChars; length--) {
      if (text.endsWith(secret.slice(0, length))) return `${text.slice(0, -length)}***`;
    }
  }
  return text;
}
