import { open, type FileHandle } from "node:fs/promises";
import { ToolError } from "../../errors.ts";
import { readBytes } from "../text/byte-stream.ts";
import { countRead, type ReadCount } from "../text/read-count.ts";
import type { WireSource } from "../sql/sql-wire.ts";
import type { SheetFindings } from "../workbook/workbook.ts";
import { writeFailure, type Workspace } from "../workspace.ts";

/** A file that came out of its packing, as a copy that is open. */
export interface UnpackedFile {
  handle: FileHandle;
  path: string;
  sizeBytes: number;
  /** Of a workbook only. */
  sheet: SheetFindings | undefined;
}

/** Whether DuckDB cannot open a source by itself, so that a copy has to be unpacked. */
export function needsUnpacking({ compression }: Pick<WireSource, "compression">): boolean {
  return compression === "bzip2" || compression === "zip" || compression === "xlsx";
}

/** What grows so much, and is long, was made to fill a disk: a sheet of few cells far apart is mostly commas. */
const maxGrowth = 200;
const unsuspiciousBytes = 1024 ** 3;

/**
 * Unpack a file into the workspace's temporary folder, piece by piece. Whoever watches the process counts the copy
 * against what it may write.
 *
 * @param copies is given the path of the copy before that exists
 * @throws ToolError as `readBytes`; `too_large` for what takes many times its size; `unavailable` where the workspace
 * cannot be written
 */
export async function unpackFile(
  handle: FileHandle,
  {
    compression,
    file,
    workspace,
    copies,
    reading,
  }: {
    compression: WireSource["compression"];
    file: WireSource["files"][number];
    workspace: Workspace;
    copies: string[];
    reading: ReadCount;
  },
): Promise<UnpackedFile> {
  const path = await workspace.temporaryPath(".tmp");
  copies.push(path);
  const { shown, part } = file;
  let sheet: SheetFindings | undefined;
  let bytes: AsyncIterable<Uint8Array>;
  if (compression === "xlsx") {
    const { readWorkbook } = await import("../workbook/workbook.ts");
    const { text, found } = readWorkbook(handle, { sheet: part, shown });
    [bytes, sheet] = [text, found];
  } else bytes = readBytes(handle, { compression, part, shown, onRead: countRead(reading, file.sizeBytes) });
  const { size: packedBytes } = await handle.stat();
  const maxBytes = Math.max(unsuspiciousBytes, packedBytes * maxGrowth);
  const copy = await open(path, "wx+", 0o600);
  try {
    let sizeBytes = 0;
    for await (const chunk of bytes) {
      sizeBytes += chunk.length;
      if (sizeBytes > maxBytes) throw overgrown(shown, compression);
      await copy.appendFile(chunk);
    }
    return { handle: copy, path, sizeBytes, sheet };
  } catch (thrown) {
    await copy.close();
    throw writeFailure(thrown, "an unpacked copy of a file");
  }
}

function overgrown(shown: string, compression: WireSource["compression"]): ToolError {
  const advice =
    compression === "xlsx"
      ? "remove cells that are far from the table, or save the sheet as CSV"
      : "unpack it yourself";
  return new ToolError("too_large", `'${shown}' takes more than 1 GB out of next to nothing; ${advice}`);
}
