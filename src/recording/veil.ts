import { Buffer } from "node:buffer";

/**
 * Stands between what is said and what is kept: secrets leave for good, and the folders of this machine become names
 * that another machine has folders for too.
 */
export interface Veil {
  cover(text: string): string;
  /** Folders by their places on this machine again. */
  uncover(text: string): string;
  uncoverBytes(bytes: Buffer): Buffer;
  /** As `cover`, for bytes that come in chunks: what may be the beginning of a secret waits for the next. */
  open(): { push(chunk: Uint8Array): Buffer; end(): Buffer };
}

export interface Veiled {
  secrets: readonly string[];
  /** By name, the innermost first. */
  folders: Readonly<Record<string, string>>;
}

/** Of letters that no URL and no text has to write differently. */
export const removed = "axoner-removed";
/** What is shorter takes words apart where it is removed. */
const minSecretChars = 6;

interface Change {
  from: string;
  to: string;
}

export function openVeil({ secrets, folders }: Veiled): Veil {
  const hidden = secrets.filter((secret) => secret.length >= minSecretChars && secret !== removed);
  const named = Object.entries(folders).filter(([, path]) => path.length > 1);
  const changes = [
    ...hidden.flatMap(formsOf).map((from) => ({ from, to: removed })),
    ...named.flatMap(([name, path]) => inText(path).map((from) => ({ from, to: placeOf(name) }))),
  ].toSorted((a, b) => b.from.length - a.from.length);
  const back = named.map(([name, path]) => ({ from: placeOf(name), to: JSON.stringify(path).slice(1, -1) }));
  const backBytes = named.map(([name, path]) => ({ from: placeOf(name), to: latin1(path) }));
  const inBytes = changes.map(({ from, to }) => ({ from: latin1(from), to }));
  return {
    cover: (text) => change(text, changes),
    uncover: (text) => change(text, back),
    uncoverBytes: (bytes) => Buffer.from(change(bytes.toString("latin1"), backBytes), "latin1"),
    open() {
      let held = "";
      return {
        push(chunk) {
          const text = change(held + Buffer.from(chunk).toString("latin1"), inBytes);
          const waiting = beginningOf(text, inBytes);
          held = text.slice(text.length - waiting);
          return Buffer.from(text.slice(0, text.length - waiting), "latin1");
        },
        end() {
          const rest = Buffer.from(held, "latin1");
          held = "";
          return rest;
        },
      };
    },
  };
}

/** Also as it stands in a URL and in basic authentication. */
function formsOf(secret: string): string[] {
  const encoded = Buffer.from(secret).toString("base64");
  return [...new Set([...inText(secret), encodeURIComponent(secret), encoded, encoded.replace(/=+$/, "")])];
}

/** As it stands in text, in JSON, and in JSON that is a text of JSON. */
function inText(text: string): string[] {
  const escape = (one: string) => JSON.stringify(one).slice(1, -1);
  return [...new Set([text, escape(text), escape(escape(text))])];
}

function placeOf(name: string): string {
  return `{axoner:${name}}`;
}

function latin1(text: string): string {
  return Buffer.from(text).toString("latin1");
}

function change(text: string, changes: readonly Change[]): string {
  return changes.reduce((changed, { from, to }) => changed.replaceAll(from, () => to), text);
}

/** How many characters at the end may be the beginning of something that will have to change. */
function beginningOf(text: string, changes: readonly Change[]): number {
  const longest = Math.min(text.length, Math.max(0, ...changes.map(({ from }) => from.length - 1)));
  for (let length = longest; length > 0; length -= 1) {
    const end = text.slice(text.length - length);
    if (changes.some(({ from }) => from.length > length && from.startsWith(end))) return length;
  }
  return 0;
}
