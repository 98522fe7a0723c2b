import type { Message } from "../message.ts";
import { saidMessages } from "../session/said.ts";
import { summarize, type Session, type SessionStore, type SessionSummary } from "../session/store.ts";
import { cutText, toJson } from "../text/text.ts";
import { material, maxListed, variableOf, type Shelf } from "./shelf.ts";
import type { Resource } from "../mcp/catalogue.ts";

const scheme = "axoner://session/";
const mimeType = "application/json";
/** Of what was said last, as much as a client takes. */
const maxChars = 80_000;
const maxResultChars = 1_000;

/** The stored conversations, at `axoner://session/ID`: what was said, without pictures and what providers keep for themselves. */
export function sessionShelf(open: () => Promise<SessionStore>): Shelf {
  return {
    templates: async () => [
      {
        uriTemplate: `${scheme}{session}`,
        name: "session",
        title: "A conversation",
        description: `What was said in a stored conversation with the agent. ${material}`,
        mimeType,
      },
    ],
    list: async () => (await (await open()).list(maxListed)).map(toResource),
    async read(uri) {
      const id = variableOf(uri, scheme);
      if (id === undefined || !/^[a-zA-Z0-9]/.test(id)) return undefined;
      const session = await (await open()).load(id);
      return session && { mimeType, text: toText(session) };
    },
    async complete(value) {
      const all = await (await open()).list(maxListed);
      return all.map(({ id }) => id).filter((id) => id.startsWith(value));
    },
  };
}

function toResource({ id, title, messageCount, updatedAt }: SessionSummary): Resource {
  const description = `a conversation of ${messageCount} messages that begins with: ${title}`;
  return { uri: scheme + id, name: id, description, mimeType, lastModified: updatedAt };
}

function toText(session: Session): string {
  const { id, title, updatedAt } = summarize(session);
  const said = saidMessages(session.messages).map(({ message }) => shorten(message));
  const kept: object[] = [];
  let chars = 0;
  for (const message of said.toReversed()) {
    chars += JSON.stringify(message).length;
    if (chars > maxChars) break;
    kept.unshift(message);
  }
  const omitted = said.length - kept.length;
  return toJson({
    note: material,
    id,
    title,
    updated_at: updatedAt,
    omitted_at_the_beginning: omitted,
    messages: kept,
  });
}

function shorten(message: Message): object {
  switch (message.role) {
    case "user":
      return { role: "user", text: cutText(message.text, maxChars / 4) };
    case "tool":
      return { role: "tool", name: message.name, ok: message.ok, text: cutText(message.text, maxResultChars) };
    case "assistant": {
      const texts = message.parts.flatMap((part) => (part.type === "text" ? [part.text] : []));
      const calls = message.parts.flatMap((part) => (part.type === "tool_call" ? [part.call] : []));
      return {
        role: "assistant",
        text: cutText(texts.join("\n"), maxChars / 4),
        calls: calls.map(({ name, input }) => ({ name, input: cutText(JSON.stringify(input), maxResultChars) })),
      };
    }
  }
}
