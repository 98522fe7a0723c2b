import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";

const folder = join(import.meta.dirname, "../corpus/web");

/** What is written down of a page beside it. */
const expectation = z.strictObject({
  url: z.string(),
  kind: z.string(),
  /** What the page is written in the manner of. */
  cms: z.string(),
  language: z.string(),
  /** Pieces of the main text, and of what is around it. */
  text: z.array(z.string()).min(1),
  absent: z.array(z.string()),
  headings: z.array(z.tuple([z.number(), z.string()])),
  links: z.array(z.tuple([z.string(), z.string()])),
  /** Names of columns where the table has them, one row, and how many there are. */
  tables: z.array(z.object({ columns: z.array(z.string()).nullable(), row: z.array(z.string()), rows: z.number() })),
  /** The language of a block of code and its first line. */
  code: z.array(z.tuple([z.string(), z.string()])),
  /** What must stand in the Markdown to the letter. */
  contains: z.array(z.string()),
  metadata: z.record(z.string(), z.union([z.string(), z.array(z.string())])),
});

export interface CorpusPage {
  name: string;
  html: string;
  expected: z.output<typeof expectation>;
}

/** Pages of twelve kinds in the manner of the systems that write most of the web. */
export async function readCorpus(): Promise<CorpusPage[]> {
  const names = (await readdir(folder)).filter((file) => file.endsWith(".html")).map((file) => file.slice(0, -5));
  return Promise.all(
    names.toSorted().map(async (name) => ({
      name,
      html: await readFile(join(folder, `${name}.html`), "utf8"),
      expected: expectation.parse(JSON.parse(await readFile(join(folder, `${name}.json`), "utf8"))),
    })),
  );
}

/** Letters and figures alone, without addresses: formats differ in everything else. */
function bare(text: string): string {
  return text
    .replace(/!?\[([^\]]*)\]\([^)\s]*\)/g, "$1")
    .replace(/\]\((?:https?:|\/|#)[^)\s]*\)/g, "")
    .replace(/[^\p{L}\p{N}]+/gu, "")
    .toLowerCase();
}

export interface Score {
  /** Share of the pieces of the main text that are there. */
  recall: number;
  /** Of what is there of all pieces, the share that belongs to the main text, in characters. */
  precision: number;
  missing: string[];
  unwanted: string[];
}

export function score(output: string, { text, absent }: CorpusPage["expected"]): Score {
  const found = bare(output);
  const has = (piece: string) => found.includes(bare(piece));
  const missing = text.filter((piece) => !has(piece));
  const unwanted = absent.filter(has);
  const chars = (pieces: readonly string[]) => pieces.reduce((sum, piece) => sum + bare(piece).length, 0);
  const right = chars(text) - chars(missing);
  const wrong = chars(unwanted);
  return {
    recall: 1 - missing.length / text.length,
    precision: right === 0 ? 0 : right / (right + wrong),
    missing,
    unwanted,
  };
}

/** The share of the headings that stand in a Markdown text as headings. */
export function headingRecall(markdown: string, { headings }: CorpusPage["expected"]): number {
  if (headings.length === 0) return 1;
  const lines = markdown
    .split("\n")
    .filter((line) => /^[\s>-]*#{1,6} /.test(line))
    .map(bare);
  return headings.filter(([, text]) => lines.includes(bare(text))).length / headings.length;
}

/** The share of the tables of which a row stands in a line of a Markdown table. */
export function tableRecall(markdown: string, { tables }: CorpusPage["expected"]): number {
  if (tables.length === 0) return 1;
  const lines = markdown.split("\n").filter((line) => line.startsWith("|"));
  const hasRow = (row: readonly string[]) => lines.some((line) => bare(line) === bare(row.join("")));
  return (
    tables.filter(
      ({ row, columns }) =>
        hasRow(row) &&
        (columns === null ||
          columns.every((name) => bare(lines.join("")).includes(bare(name.split(" ").at(-1) ?? "")))),
    ).length / tables.length
  );
}

/** The share of the links that stand in a Markdown text with their absolute address. */
export function linkRecall(markdown: string, { links }: CorpusPage["expected"]): number {
  if (links.length === 0) return 1;
  return links.filter(([, url]) => markdown.includes(`](${url})`)).length / links.length;
}
