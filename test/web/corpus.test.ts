import { describe, expect, test } from "vitest";
import type { JsonObject, JsonValue } from "../../src/message.ts";
import { extractHtml } from "../../src/web/extract.ts";
import type { Extract } from "../../src/web/extracts.ts";
import { headingRecall, linkRecall, readCorpus, score, tableRecall, type CorpusPage } from "../support/corpus.ts";

const pages = await readCorpus();
const named = pages.map((page) => [page.name, page] as const);

function read({ html, expected }: CorpusPage, extract: Extract): JsonValue {
  return extractHtml(html, { address: expected.url, extract }).content;
}

test("the corpus has thirty pages of ten kinds, in several scripts", () => {
  expect(pages.length).toBeGreaterThanOrEqual(30);
  expect(new Set(pages.map(({ expected }) => expected.kind)).size).toBeGreaterThanOrEqual(10);
  const languages = pages.map(({ expected }) => expected.language);
  expect(languages).toEqual(expect.arrayContaining(["en", "de", "fr", "ja", "ko", "zh", "ru", "ar", "he"]));
});

describe.each(named)("%s", (_name, page) => {
  const { expected } = page;
  const markdown = String(read(page, "markdown"));

  test("keeps all of the main text, and little else", () => {
    for (const text of [markdown, String(read(page, "text"))]) {
      const { missing, precision } = score(text, expected);
      expect(missing).toEqual([]);
      expect(precision).toBeGreaterThan(0.8);
    }
  });

  test("has its headings, tables, links and code as such", () => {
    expect(headingRecall(markdown, expected)).toBe(1);
    expect(tableRecall(markdown, expected)).toBe(1);
    expect(linkRecall(markdown, expected)).toBe(1);
    for (const [language, line] of expected.code) expect(markdown).toContain(`\`\`\`${language}\n${line}`);
    for (const piece of expected.contains) expect(markdown).toContain(piece);
  });

  test("has no text of scripts and styles, and nothing inlined", () => {
    for (const text of [markdown, String(read(page, "text"))]) {
      expect(text).not.toMatch(/function\s*\(|dataLayer|window\.|sentinel|\{[^}]*:[^}]*;\}|data:image|__typename|\0/);
    }
  });

  test("has its tables with their columns", () => {
    const tables = read(page, "tables") as JsonObject[];
    for (const { columns, row, rows } of expected.tables) {
      const found = tables.find((table) => {
        const shown = table["rows"] as JsonObject[];
        return shown.some((cells) => JSON.stringify(Object.values(cells)) === JSON.stringify(row));
      });
      expect(found?.["rows"]).toHaveLength(rows);
      expect(found?.["columns"]).toEqual(columns ?? found?.["columns"]);
    }
  });

  test("has its metadata", () => {
    expect(read(page, "metadata")).toMatchObject(expected.metadata);
  });
});

test("over all pages next to nothing of what is around the text is left", () => {
  const precisions = pages.map((page) => score(String(read(page, "markdown")), page.expected).precision);
  expect(precisions.reduce((sum, precision) => sum + precision, 0) / pages.length).toBeGreaterThan(0.98);
});
