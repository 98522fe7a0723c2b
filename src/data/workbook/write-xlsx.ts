import { open } from "node:fs/promises";
import type { DuckDBResult, DuckDBValue } from "@duckdb/node-api";
import { ToolError } from "../../errors.ts";
import type { DuckDbSession } from "../sql/duckdb-session.ts";
import { projected, type ExportColumn } from "../sql/export-values.ts";
import { cutText } from "../../text/text.ts";
import { quoteName } from "../sql-text.ts";
import { cellXml, isLongNumber, sheetValue, textXml, toCell, type Cell } from "./xlsx-cells.ts";
import { cellStyles, columnLetters, declaration, main, sheetNameOf, workbookParts } from "./xlsx-parts.ts";
import { openZip, ZipTooLarge } from "../packed/zip-writer.ts";

const maxRows = 1_048_576 - 1;
const maxColumns = 16_384;
const maxTextChars = 32_767;
const instead = "write csv or parquet, or query a part of it and export that";

/**
 * Write the rows of a statement as a spreadsheet of one sheet, in little memory, and give their number.
 *
 * @throws ToolError `too_large` for more rows, columns or characters in a cell than a sheet can hold
 */
export async function writeXlsx(
  session: DuckDbSession,
  { sql, columns }: { sql: string; columns: readonly ExportColumn[] },
  { path, title }: { path: string; title: string },
): Promise<number> {
  checkColumns(columns);
  const rowCount = await countRows(session, sql);
  const result = await session.connection.stream(
    projected(sql, columns, ({ name, type }) => ({ name, value: sheetValue(quoteName(name), type) })),
  );
  const area = `$A$1:$${columnLetters(columns.length - 1)}$${rowCount + 1}`;
  const file = await open(path, "w");
  try {
    const zip = openZip(file);
    const parts = workbookParts(sheetNameOf(title), area);
    for (const [name, xml] of parts) await zip.add(name, [Buffer.from(xml)]);
    await zip.add("xl/worksheets/sheet1.xml", sheetXml(result, columns, area.replaceAll("$", "")));
    await zip.finish();
    return rowCount;
  } catch (thrown) {
    if (!(thrown instanceof ZipTooLarge)) throw thrown;
    throw new ToolError("too_large", `the rows are more than a spreadsheet of 4 GB can hold; ${instead}`, {
      cause: thrown,
    });
  } finally {
    await file.close();
  }
}

function checkColumns(columns: readonly ExportColumn[]): void {
  if (columns.length > maxColumns) {
    const message = `a sheet holds at most ${maxColumns} columns, and there are ${columns.length}; ${instead}`;
    throw new ToolError("too_large", message);
  }
  for (const { name } of columns) checkLength(name, name, 1);
}

/** Before anything is written, and no further than is needed to see that there are too many. */
async function countRows({ connection }: DuckDbSession, sql: string): Promise<number> {
  const counted = `SELECT count(*) FROM (SELECT 1 FROM (\n${sql}\n) LIMIT ${maxRows + 1})`;
  const count = Number((await connection.runAndReadAll(counted)).getRows()[0]?.[0]);
  if (count <= maxRows) return count;
  throw new ToolError("too_large", `a sheet holds at most ${maxRows} rows, and there are more; ${instead}`);
}

function checkLength(text: string, column: string, row: number): void {
  if (text.length <= maxTextChars) return;
  const where = `column '${cutText(column, 80)}', row ${row}`;
  throw new ToolError(
    "too_large",
    `${where}: a cell of a sheet holds at most ${maxTextChars} characters, and this has ${text.length}; ${instead}`,
  );
}

const flushChars = 256 * 1024;

async function* sheetXml(result: DuckDBResult, columns: readonly ExportColumn[], area: string): AsyncGenerator<Buffer> {
  const letters = columns.map((_, index) => columnLetters(index));
  const areNumbers = columns.map(({ type }) => isLongNumber(type));
  const toRow = (values: readonly DuckDBValue[], row: number) => {
    let xml = `<row r="${row}">`;
    for (const [index, value] of values.entries()) {
      const cell = toCell(value, areNumbers[index] === true);
      if (cell.kind === "text") checkLength(cell.value, columns[index]?.name ?? "", row);
      xml += cellXml(cell, `${letters[index]}${row}`);
    }
    return `${xml}</row>`;
  };

  let row = 1;
  let buffered = "";
  for (let chunk = await nextRows(result); ; chunk = await nextRows(result)) {
    if (row === 1) {
      const sample = chunk.map((values) => values.map((value, index) => toCell(value, areNumbers[index] === true)));
      buffered = `${beginning(columns, sample)}<row r="1">${headerCells(columns, letters)}</row>`;
    }
    if (chunk.length === 0) break;
    for (const values of chunk) {
      row += 1;
      buffered += toRow(values, row);
      if (buffered.length < flushChars) continue;
      yield Buffer.from(buffered);
      buffered = "";
    }
  }
  yield Buffer.from(`${buffered}</sheetData><autoFilter ref="${area}"/></worksheet>`);
}

async function nextRows(result: DuckDBResult): Promise<DuckDBValue[][]> {
  return (await result.fetchChunk())?.getRows() ?? [];
}

function headerCells(columns: readonly ExportColumn[], letters: readonly string[]): string {
  return columns.map(({ name }, index) => textXml(name, `${letters[index]}1`, cellStyles.header)).join("");
}

/** The header row stays in sight, and the columns are as wide as what they begin with. */
function beginning(columns: readonly ExportColumn[], sample: readonly Cell[][]): string {
  const frozen =
    '<sheetViews><sheetView tabSelected="1" workbookViewId="0"><pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/></sheetView></sheetViews>';
  const widths = columns.map(({ name }, index) => {
    const widest = sample.reduce((most, cells) => Math.max(most, widthOf(cells[index])), name.length + 2);
    const place = `min="${index + 1}" max="${index + 1}"`;
    return `<col ${place} width="${Math.min(60, Math.max(8, widest + 1))}" customWidth="1"/>`;
  });
  return `${declaration}<worksheet xmlns="${main}">${frozen}<cols>${widths.join("")}</cols><sheetData>`;
}

/** In characters. Dates are shown longer than their numbers are. */
function widthOf(cell: Cell | undefined): number {
  if (cell?.kind === "text")
    return Math.max(
      ...cell.value
        .slice(0, 200)
        .split("\n")
        .map((line) => line.length),
    );
  if (cell?.kind === "boolean") return 5;
  if (cell?.kind !== "number") return 0;
  return cell.style === 0 ? cell.value.length : cell.style === cellStyles.date ? 10 : 24;
}
