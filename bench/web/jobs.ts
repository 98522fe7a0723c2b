/** A way of reading pages, the same for every engine. */
export interface Job {
  /** What the peers call it. */
  id: string;
  name: string;
  /** What axoner's `scrape` is given besides the addresses. */
  input: object;
  /** The peers can do it too. */
  hasPeers: boolean;
  /** What axoner's row says, as the peers say it. */
  content: (row: AxonerRow) => unknown;
}

/** A line of a dataset of `scrape`. */
export interface AxonerRow {
  url: string;
  status: number | null;
  title: string | null;
  content: unknown;
  error: string | null;
  [selected: string]: unknown;
}

/** A line of what a peer wrote, and what axoner's line is made into. */
export interface PageRow {
  url: string;
  status?: number | null;
  title?: string | null;
  content?: unknown;
  error?: string | null;
}

const selections = [
  { name: "heading", css: "h1" },
  { name: "price", css: "p.price > .amount" },
  { name: "prices", css: "table.prices tr td:nth-child(4)", many: true },
  { name: "related", css: "aside.related .card a[href]", attr: "href", many: true },
];

/** The main text in one line. Marks in front of items are axoner's own. */
function textOf({ content }: AxonerRow): string {
  return String(content).replace(/^- /gm, "").replace(/\s+/g, " ").trim();
}

export const jobs: readonly Job[] = [
  { id: "text", name: "title and main text", input: { extract: "text" }, hasPeers: true, content: textOf },
  {
    id: "links",
    name: "title and all links",
    input: { extract: "links" },
    hasPeers: true,
    content: ({ content }) => (content as { text: string; url: string }[]).map(({ text, url }) => [text, url]),
  },
  {
    id: "select",
    name: "title, main text and four CSS selectors",
    input: { extract: "text", select: selections },
    hasPeers: true,
    content: (row) => [textOf(row), ...selections.map(({ name }) => row[name])],
  },
  { id: "markdown", name: "title and Markdown", input: {}, hasPeers: false, content: ({ content }) => content },
];

/** Where two engines say something else of the same pages, in words; undefined where they say the same. */
export function difference(
  urls: readonly string[],
  own: readonly PageRow[],
  other: readonly PageRow[],
): string | undefined {
  const byUrl = new Map(other.map((row) => [row.url, row]));
  if (other.length !== urls.length) return `${other.length} rows for ${urls.length} pages`;
  for (const [at, url] of urls.entries()) {
    const [a, b] = [own[at], byUrl.get(url)].map((row) =>
      JSON.stringify([row?.url, row?.title, row?.content, row?.error]),
    );
    if (a !== b) return `${url}: ${apart(a, b)}`;
  }
  return undefined;
}

function apart(a = "", b = ""): string {
  let at = 0;
  while (at < a.length && a[at] === b[at]) at += 1;
  return `${a.slice(Math.max(0, at - 40), at + 40)} against ${b.slice(Math.max(0, at - 40), at + 40)}`;
}
