/** A feed, or a sitemap; texts are HTML. */
export interface Feed {
  kind: "feed" | "sitemap";
  title: string;
  description: string;
  language: string;
  link: string;
  entries: Entry[];
}

export interface Entry {
  title: string;
  link: string;
  date: string;
  author: string;
  /** The whole text where there is one, else the summary. */
  content: string;
  /** What belongs to it and is no page: a recording, a picture. */
  attachment: string;
}

/** The moment in ISO 8601, or what is there if it is none; days stay days. */
export function readDate(value: string): string {
  const text = value.trim();
  if (text === "" || /^\d{4}(?:-\d\d){0,2}$/.test(text)) return text;
  const time = Date.parse(text);
  return Number.isNaN(time) ? text : new Date(time).toISOString().replace(".000Z", "Z");
}
