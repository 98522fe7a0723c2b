import { isJsonObject, type JsonValue } from "../message.ts";
import { readDate, type Entry, type Feed } from "./feed-entry.ts";
import { escapeHtml } from "./simplify.ts";

/** A JSON Feed (https://www.jsonfeed.org/version/1.1/); undefined for what is none. */
export function readJsonFeed(text: string): Feed | undefined {
  let feed: unknown;
  try {
    feed = JSON.parse(text);
  } catch (thrown) {
    if (thrown instanceof SyntaxError) return undefined;
    throw thrown;
  }
  if (!isJsonObject(feed) || !Array.isArray(feed["items"])) return undefined;
  return {
    kind: "feed",
    title: plain(feed["title"]),
    description: plain(feed["description"]),
    language: string(feed["language"]),
    link: string(feed["home_page_url"]),
    entries: feed["items"].map(readItem),
  };
}

function readItem(item: JsonValue): Entry {
  const fields = isJsonObject(item) ? item : {};
  const attachments = fields["attachments"];
  const [attachment] = Array.isArray(attachments) ? attachments : [];
  const html = string(fields["content_html"]);
  const text = string(fields["content_text"]) || string(fields["summary"]);
  return {
    title: plain(fields["title"]),
    link: string(fields["url"]) || string(fields["external_url"]),
    date: readDate(string(fields["date_published"]) || string(fields["date_modified"])),
    author: authorOf(fields["authors"] ?? fields["author"] ?? null),
    content: html === "" ? escapeHtml(text).replace(/\r?\n/g, "<br>") : html,
    attachment: isJsonObject(attachment) ? string(attachment["url"]) : "",
  };
}

function authorOf(value: JsonValue): string {
  const authors = Array.isArray(value) ? value : [value];
  return authors
    .flatMap((author) => (isJsonObject(author) ? plain(author["name"]) : []))
    .filter((name) => name !== "")
    .join(", ");
}

function string(value: JsonValue | undefined): string {
  return typeof value === "string" ? value : "";
}

function plain(value: JsonValue | undefined): string {
  return escapeHtml(string(value));
}
