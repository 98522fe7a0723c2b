import { ToolError, type ErrorCode } from "../../errors.ts";
import { didYouMean } from "../../text/nearest.ts";
import { cutText } from "../../text/text.ts";
import { listed, type Zip } from "../packed/zip.ts";
import type { SourceProblem } from "../sql/sql-wire.ts";
import { sheetRows, type SheetOptions, type SheetRow } from "./sheet-rows.ts";
import { readCellFormats, readSharedTexts, readSheets, type WorkbookSheet } from "./workbook-parts.ts";

export interface SheetChoice {
  /** Where none is named, the first one with cells, one that is shown before one that is hidden. */
  sheet: string | undefined;
  /** What messages call the workbook. */
  shown: string;
}

export interface ChosenSheet {
  name: string;
  /** There is at least one. */
  rows: AsyncGenerator<SheetRow[]>;
  /** What is told of the choice. */
  problems: SourceProblem[];
  /** The workbook is to be calculated anew when it is opened: formulas may have other values than were saved. */
  isProvisional: boolean;
}

/** @throws ToolError `not_found` for a sheet that is not there, `unreadable` where no cell is, or as the parts */
export async function openSheet(zip: Zip, { sheet: wanted, shown }: SheetChoice): Promise<ChosenSheet> {
  const { sheets, is1904, isProvisional, ...parts } = await readSheets(zip, shown);
  const candidates = wanted === undefined ? shownFirst(sheets) : sheets.filter(({ name }) => isSame(name, wanted));
  if (wanted !== undefined && candidates.length === 0) {
    const names = sheets.map(({ name }) => name);
    throw new ToolError(
      "not_found",
      `'${shown}' has no sheet '${cutText(wanted, 100)}'${didYouMean(wanted, names)}; its sheets are ${listed(names)}`,
    );
  }
  const texts = await readSharedTexts(zip, parts.texts, shown);
  const formats = await readCellFormats(zip, parts.styles, shown);
  const options = { texts, formats, is1904, shown };
  for (const chosen of candidates) {
    const rows = await rowsOf(zip, chosen, options);
    if (rows === undefined) continue;
    const others = wanted === undefined ? shownFirst(sheets).filter((one) => one !== chosen) : [];
    try {
      const problems = await problemsOf(zip, { sheets: others, chosen, options });
      return { name: chosen.name, rows, problems, isProvisional };
    } catch (thrown) {
      await rows.return(undefined);
      throw thrown;
    }
  }
  throw new ToolError(
    "unreadable",
    `'${shown}' has no cells ${wanted === undefined ? "in any sheet" : `in '${cutText(wanted, 100)}'`}`,
  );
}

function shownFirst(sheets: readonly WorkbookSheet[]): WorkbookSheet[] {
  return sheets.toSorted((a, b) => Number(a.isHidden) - Number(b.isHidden));
}

function isSame(name: string, wanted: string): boolean {
  return name.toLowerCase() === wanted.toLowerCase();
}

/** The rows of a sheet; undefined where it has none. */
async function rowsOf(
  zip: Zip,
  { path }: WorkbookSheet,
  options: SheetOptions,
): Promise<AsyncGenerator<SheetRow[]> | undefined> {
  const rows = sheetRows(zip.read(path), options);
  const first = await rows.next();
  return first.done === true ? undefined : after(first.value, rows);
}

async function* after(first: SheetRow[], rows: AsyncGenerator<SheetRow[]>): AsyncGenerator<SheetRow[]> {
  try {
    yield first;
    yield* rows;
  } finally {
    await rows.return(undefined);
  }
}

/** Others are told without a look whether they have cells. */
const maxLookedInto = 20;
const maxNamed = 10;

interface Others {
  sheets: readonly WorkbookSheet[];
  chosen: WorkbookSheet;
  options: SheetOptions;
}

/** Which sheets one could have asked for besides. */
async function problemsOf(zip: Zip, { sheets, chosen, options }: Others): Promise<SourceProblem[]> {
  const others: WorkbookSheet[] = [];
  for (const [index, sheet] of sheets.entries())
    if (index >= maxLookedInto || (await mayHaveCells(zip, sheet))) others.push(sheet);
  const [first] = others;
  if (first === undefined) return [];
  const { shown } = options;
  const all = others.map(({ name, isHidden }) => `'${cutText(name, 100)}'${isHidden ? " (hidden)" : ""}`);
  const more = all.length > maxNamed ? ` and ${all.length - maxNamed} more` : "";
  const message =
    `only sheet '${cutText(chosen.name, 100)}' of '${shown}' is read; it also has ${all.slice(0, maxNamed).join(", ")}${more}; ` +
    `name one as '${shown}#${cutText(first.name, 100)}'`;
  return [{ line: 0, code: "other_sheets", message }];
}

const probedBytes = 64 * 1024;

/** What is wrong with a sheet, not with the whole workbook. */
const damages: ReadonlySet<ErrorCode> = new Set(["not_found", "unreadable", "too_large"]);

/**
 * Whether there is a value in the beginning of a sheet, or the sheet goes on after it. One that cannot be read may have
 * some: what is wrong is told to whoever asks for it.
 */
async function mayHaveCells(zip: Zip, { path }: WorkbookSheet): Promise<boolean> {
  let start = "";
  try {
    for await (const chunk of zip.read(path)) {
      start += Buffer.from(chunk).toString("latin1");
      if (valueTag.test(start) || start.length >= probedBytes) return true;
    }
  } catch (thrown) {
    if (thrown instanceof ToolError && damages.has(thrown.code)) return true;
    throw thrown;
  }
  return false;
}

/** The beginning of a value, a text or a formula, with any prefix. */
const valueTag = /<([^\s<>/:]+:)?[vtf][\s/>]/;
