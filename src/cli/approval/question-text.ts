import type { Question } from "../../agent/approval-policy.ts";
import type { JsonValue } from "../../message.ts";
import { beginning } from "../../text/text.ts";

const maxArgumentChars = 300;
const maxArguments = 12;
const maxHosts = 8;

/** What a call would do, and all that tells it apart from a harmless one, in lines that hold nothing a terminal obeys. */
export function questionText(question: Question): string {
  const { input, isUntrusted, effects } = question;
  const given = Object.entries(input);
  const more = given.length > maxArguments ? [`  and ${given.length - maxArguments} more arguments`] : [];
  const warning =
    isUntrusted && effects.includes("writes_outside")
      ? ["  What this conversation has read from others may have told the model to do this."]
      : [];
  return [
    `${harmless(question.name)} ${wishesOf(question).join(", and ")}`,
    ...given.slice(0, maxArguments).map(([name, value]) => `  ${harmless(beginning(name, 60))}: ${shown(value)}`),
    ...more,
    ...warning,
  ].join("\n");
}

function wishesOf({ definition, input, effects }: Question): string[] {
  const path = typeof input["path"] === "string" ? shown(input["path"]) : undefined;
  const wishes = effects.flatMap((effect) => {
    switch (effect) {
      case "writes":
        return [`wants to write ${path ?? "a file"} in the workspace`];
      case "writes_outside":
        return [path === undefined ? "may change something" : `wants to write ${path} OUTSIDE the workspace`];
      case "reaches":
        return [`wants to reach ${reached(definition.server, hostsIn(input))}`];
      case "spends":
        return ["may cost money"];
    }
  });
  return wishes.length === 0 ? ["is to be called"] : wishes;
}

function reached(server: string | undefined, hosts: readonly string[]): string {
  const some = hosts.slice(0, maxHosts).map(harmless);
  const more = hosts.length > maxHosts ? [`${hosts.length - maxHosts} more hosts`] : [];
  const all = [...(server === undefined ? [] : [`the MCP server ${harmless(server)}`]), ...some, ...more];
  return all.length === 0 ? "the network" : all.join(", ");
}

/** As the network knows them, whatever they look like. */
function hostsIn(value: JsonValue): string[] {
  return [...new Set(textsIn(value).flatMap((text) => [...text.matchAll(/https?:[^\s"'<>]+/gi)].flatMap(hostOf)))];
}

function hostOf([url]: RegExpMatchArray): string[] {
  const host = URL.parse(url)?.host;
  return host === undefined || host === "" ? [] : [host];
}

function textsIn(value: JsonValue): string[] {
  if (typeof value === "string") return [value];
  return typeof value === "object" && value !== null ? Object.values(value).flatMap(textsIn) : [];
}

function shown(value: JsonValue): string {
  const text = typeof value === "string" ? JSON.stringify(value) : (JSON.stringify(value) ?? "");
  if (text.length <= maxArgumentChars) return harmless(text);
  // the end of a path says which file it is
  const [start, end] = [beginning(text, maxArgumentChars / 2), text.slice(-maxArgumentChars / 2)];
  return `${harmless(start)} … (${text.length} characters) … ${harmless(end)}`;
}

/** Characters that a terminal obeys or does not show are written as their numbers. */
function harmless(text: string): string {
  return text.replace(/[\p{C}\p{Zl}\p{Zp}]/gu, (character) => {
    return `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`;
  });
}
