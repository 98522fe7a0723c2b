import type { FileHandle } from "node:fs/promises";
import { ToolError } from "../../errors.ts";
import { readBytes } from "../text/byte-stream.ts";
import { formatOf, packingOf, type FileFormat } from "../data-format.ts";
import type { SourceFile } from "../files.ts";
import type { PackedFile } from "../source.ts";
import { isWorkbook } from "../workbook/workbook-parts.ts";
import { listed, openZip } from "./zip.ts";

const tableName = /\.(csv|tsv|tab|psv|txt|json|geojson|jsonl|ndjson|parquet)(\.(gz|gzip|zst|zstd|bz2))?$/i;
/** What packers of some systems put beside the files. */
const unwanted = /(^|\/)(__MACOSX\/|\.)|(^|\/)(Thumbs\.db|desktop\.ini)$/i;

/**
 * What a zip archive holds: a workbook, or the file that is named, or its only table.
 *
 * @throws ToolError `not_found` for a file that is not in it, `invalid_input` where one has to be named, `unreadable`
 */
export async function formatOfArchive(
  handle: FileHandle,
  file: SourceFile,
  part: string | undefined,
): Promise<FileFormat & { file: PackedFile }> {
  const { names, unsafeNames } = await openZip(handle, file.shown);
  if (isWorkbook(names)) return { format: "csv", compression: "xlsx", file: { ...file, part } };
  const other = names.includes("xl/workbook.bin")
    ? "a binary workbook (.xlsb)"
    : names.includes("mimetype") && names.includes("content.xml")
      ? "an OpenDocument file (.ods)"
      : undefined;
  if (other !== undefined) throw new ToolError("unreadable", `'${file.shown}' is ${other}; save it as .xlsx or as CSV`);
  if (names.length === 0 && unsafeNames.length > 0 && part === undefined) {
    const message = `'${file.shown}' holds only names that lead out of it, ${listed(unsafeNames)}, which are not read; pack it again`;
    throw new ToolError("not_allowed", message);
  }
  return await formatOfMember(handle, { ...file, part: part ?? onlyTable(names, file.shown) });
}

function onlyTable(names: readonly string[], shown: string): string {
  const files = names.filter((name) => !unwanted.test(name));
  const tables = files.filter((name) => tableName.test(name));
  const data = tables.filter((name) => !/\.txt$/i.test(name));
  const only = [files, tables, data].find((candidates) => candidates.length === 1)?.[0];
  if (only !== undefined) return only;
  const advice = tables.length === 0 ? "put a table into it" : `name one, e.g. '${shown}#${tables[0]}'`;
  throw new ToolError("invalid_input", `'${shown}' holds ${listed(files)}; ${advice}`);
}

const headBytes = 512;

async function formatOfMember(
  handle: FileHandle,
  file: PackedFile & { part: string },
): Promise<FileFormat & { file: PackedFile }> {
  const shown = `${file.shown}#${file.part}`;
  for await (const chunk of readBytes(handle, { compression: "zip", part: file.part, shown: file.shown })) {
    const head = chunk.subarray(0, headBytes);
    const name = file.part.replace(/\.(gz|gzip|zst|zstd|bz2)$/i, "");
    if (packingOf(head) !== "none")
      throw new ToolError("unreadable", `'${shown}' is packed more than twice; unpack it`);
    const { format } = formatOf(name, head);
    return { format, compression: "zip", file };
  }
  throw new ToolError("unreadable", `'${shown}' is empty and holds no table; name another file`);
}
