import { open, rm, type FileHandle } from "node:fs/promises";
import { ToolError } from "../../errors.ts";
import { readBytes, readStart } from "../text/byte-stream.ts";
import type { Compression } from "../data-format.ts";
import { headBytes, sniffDialect, sniffEncoding, type Dialect } from "../text/dialect.ts";
import { encodingDoubts } from "../text/doubtful-encoding.ts";
import { parseRows } from "../text/parse-rows.ts";
import { changesOf, type Changes, type WatchedFile } from "./changed-files.ts";
import { checkLineLengths } from "../text/line-length.ts";
import { canBeWrong, type Encoding } from "../../text/encodings.ts";
import { descriptorPath, fileState, openRegularFile } from "../open-file.ts";
import type { KeptTable, SourceProblem, WireSource } from "./sql-wire.ts";
import { countRead, type ReadCount } from "../text/read-count.ts";
import { openJson, type JsonTable } from "./json-tables.ts";
import { needsUnpacking, unpackFile } from "../packed/unpack.ts";
import type { SheetFindings } from "../workbook/workbook.ts";
import { writeFailure, type Workspace } from "../workspace.ts";

/** A file that is open, so that nothing can be put in its place any more. */
export interface OpenFile {
  /** What is read besides by DuckDB: `path`, open. */
  handle?: FileHandle;
  /** What DuckDB opens: the file itself, or a copy in UTF-8. */
  path: string;
  compression: Compression;
  /** Of delimited text only. */
  dialect: Dialect | undefined;
  /** So many of the rows of the dialect's sample are those of the head; others were found further down. */
  headRows?: number;
  /** Of JSON only that is not UTF-8: what it is, and what is to be said of that. */
  text?: { encoding: Encoding; problems: SourceProblem[] };
  /** Of a workbook only: what was found in its sheet. */
  sheet?: SheetFindings;
  /** Zeros follow the last row of delimited text, which DuckDB would take for one more. */
  isPadded?: boolean;
  /** Where a copy of delimited text may be written that keeps the rules; there is none yet. */
  repairPath?: string;
}

export interface OpenSource {
  source: WireSource;
  files: OpenFile[];
  /** The copy that is read in place of its files. */
  kept: KeptTable | undefined;
  /** How JSON is read. */
  json?: JsonTable;
  changes: () => Promise<Changes>;
}

export interface OpenSources {
  sources: OpenSource[];
  /** What messages call each path. */
  names: Map<string, string>;
  /** Temporary files, which are removed at the end. */
  copies: string[];
  /** Close the files and remove the copies. */
  close(): Promise<void>;
}

/** @throws ToolError as `openRegularFile` and `sniffDialect` */
export async function openSources(
  wanted: readonly WireSource[],
  workspace: Workspace,
  reading: ReadCount,
): Promise<OpenSources> {
  const handles: FileHandle[] = [];
  const copies: string[] = [];
  const names = new Map<string, string>();
  const close = async () => {
    await Promise.all(handles.map((handle) => handle.close()));
    await Promise.all(copies.map((path) => rm(path, { force: true })));
  };
  try {
    const sources: OpenSource[] = [];
    for (const source of wanted) {
      const copy = await openKept(source);
      if (copy !== undefined) {
        handles.push(copy.handle);
        names.set(copy.file.path, source.name);
        sources.push({ source, files: [copy.file], kept: source.kept, changes: () => Promise.resolve("none") });
        continue;
      }
      const own: WatchedFile[] = [];
      const opened: OpenSource = { source, files: [], kept: undefined, changes: () => changesOf(own) };
      sources.push(opened);
      for (const file of source.files) {
        const handle = await openRegularFile(file.path, `'${file.shown}'`);
        handles.push(handle);
        own.push({ handle, found: file.state, opened: await fileState(handle), openedMs: Date.now() });
        const readable = await prepare(handle, file, { source, workspace, copies, handles, reading });
        opened.files.push(readable);
        if (readable.dialect !== undefined) {
          readable.repairPath = workspace.temporaryName(".csv");
        }
        names.set(readable.path, file.part === undefined ? file.shown : `${file.shown}#${file.part}`);
      }
      if (source.format === "json" || source.format === "jsonl")
        await openJson(opened, { workspace, copies, names, reading });
    }
    return { sources, names, copies, close };
  } catch (thrown) {
    await close();
    throw thrown;
  }
}

type WireFile = WireSource["files"][number];

/** The copy of a source; undefined where there is none, or it went in this moment to make room for others. */
async function openKept({ kept, name }: WireSource): Promise<{ handle: FileHandle; file: OpenFile } | undefined> {
  if (kept === undefined) return undefined;
  try {
    const handle = await openRegularFile(kept.path, `the copy of '${name}'`);
    return { handle, file: { path: descriptorPath(handle, kept.path), compression: "none", dialect: undefined } };
  } catch (thrown) {
    if (thrown instanceof ToolError && thrown.code === "not_found") return undefined;
    throw thrown;
  }
}

interface Preparation {
  source: WireSource;
  workspace: Workspace;
  copies: string[];
  handles: FileHandle[];
  reading: ReadCount;
}

async function prepare(handle: FileHandle, file: WireFile, preparation: Preparation): Promise<OpenFile> {
  const { source, workspace, copies, handles, reading } = preparation;
  const { compression } = source;
  if (!needsUnpacking(source))
    return await describeFile(handle, { file, compression, path: descriptorPath(handle, file.path) }, preparation);
  const unpacked = await unpackFile(handle, { compression, file, workspace, copies, reading });
  handles.push(unpacked.handle);
  const { path, sizeBytes, sheet } = unpacked;
  const copy = { file: { ...file, sizeBytes }, compression: "none" as const, path, sheet };
  const readable = await describeFile(unpacked.handle, copy, preparation);
  return sheet === undefined ? readable : { ...readable, sheet };
}

interface Opening {
  file: WireFile;
  compression: Compression;
  path: string;
  sheet?: SheetFindings | undefined;
}

async function describeFile(
  handle: FileHandle,
  { file, compression, path, sheet }: Opening,
  preparation: Preparation,
): Promise<OpenFile> {
  const { source, workspace, copies, reading } = preparation;
  const { shown, sizeBytes } = file;
  if (source.format === "parquet") return { path, compression, dialect: undefined, handle };
  const start = await readStart(handle, { compression, shown, maxBytes: headBytes });
  if (source.format !== "csv") return await describeJson(handle, { file, compression, path, start }, preparation);
  const dialect = sniffDialect({ shown, ...start, isSheet: sheet !== undefined });
  const isPadded = dialect.columns.length === 1 && (await endsInZeros(handle, start, { compression, dialect }));
  if (dialect.encoding === "utf-8") {
    if (!start.complete && compression === "none") {
      await checkLineLengths(path, shown);
      const headRows = dialect.sample.length;
      dialect.sample = dialect.sample.concat(await spotSample(handle, sizeBytes, dialect));
      return { path, compression, dialect, headRows, isPadded };
    }
    return { path, compression, dialect, isPadded };
  }
  const copy = await workspace.temporaryPath(".csv");
  copies.push(copy);
  const onRead = countRead(reading, sizeBytes);
  await transcode(readBytes(handle, { compression, shown, onRead }), { ...dialect, shown }, copy);
  await checkLineLengths(copy, shown);
  return { path: copy, compression: "none", dialect, isPadded };
}

/** JSON is UTF-8 by its rules; what is not is read out of a copy that is. */
async function describeJson(
  handle: FileHandle,
  { file, compression, path, start }: Opening & { start: { bytes: Uint8Array; complete: boolean } },
  { workspace, copies, handles, reading }: Preparation,
): Promise<OpenFile> {
  const { shown, sizeBytes } = file;
  const encoding = sniffEncoding({ shown, ...start });
  if (encoding === "utf-8") return { path, compression, dialect: undefined, handle };
  const copy = await workspace.temporaryPath(".json");
  copies.push(copy);
  const onRead = countRead(reading, sizeBytes);
  await transcode(readBytes(handle, { compression, shown, onRead }), { encoding, shown }, copy);
  const copied = await open(copy);
  handles.push(copied);
  const problems = encodingDoubts(encoding, new TextDecoder(encoding).decode(start.bytes, { stream: true }), shown);
  return { path: copy, compression: "none", dialect: undefined, handle: copied, text: { encoding, problems } };
}

/** Whether a program made a text longer than what it wrote. Of a packed one that is seen by its head alone. */
async function endsInZeros(
  handle: FileHandle,
  start: { bytes: Uint8Array; complete: boolean },
  { compression, dialect }: { compression: Compression; dialect: Dialect },
): Promise<boolean> {
  if (dialect.encoding.startsWith("utf-16")) return false;
  if (start.complete) return start.bytes.at(-1) === 0;
  if (compression !== "none") return false;
  const { size } = await handle.stat();
  const { buffer } = await handle.read(Buffer.alloc(1, 1), 0, 1, size - 1);
  return buffer[0] === 0;
}

const spots = 16;
/** What a later cell says otherwise costs a second read of the file, never a value: it is not worth looking at more. */
const spotBytes = 8 * 1024;

/** Rows from places all over a large file: types and leading zeros may change far from its head. */
async function spotSample(handle: FileHandle, sizeBytes: number, { delimiter, columns }: Dialect): Promise<string[][]> {
  const rows: string[][] = [];
  for (let spot = 1; spot <= spots; spot++) {
    const position = Math.floor((sizeBytes - spotBytes) * (spot / spots));
    if (position < headBytes) continue;
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(spotBytes), 0, spotBytes, position);
    const text = buffer.toString("utf8", 0, bytesRead);
    const complete = text.slice(text.indexOf("\n") + 1);
    // A spot may begin inside a quoted field: its rows are then cut wrong and of another length.
    rows.push(...parseRows(complete, delimiter, false, Infinity).filter((row) => row.length === columns.length));
  }
  return rows;
}

/** Write text as UTF-8, without a byte order mark. */
async function transcode(
  bytes: AsyncIterable<Uint8Array>,
  { encoding, shown }: { encoding: Encoding; shown: string },
  target: string,
): Promise<void> {
  const copy = await open(target, "wx", 0o600);
  try {
    const decoder = new TextDecoder(encoding, { fatal: canBeWrong(encoding) });
    for await (const chunk of bytes) await copy.appendFile(decoder.decode(chunk, { stream: true }));
    await copy.appendFile(decoder.decode());
  } catch (thrown) {
    if (thrown instanceof TypeError) {
      throw new ToolError(
        "unreadable",
        `'${shown}' begins as ${encoding} but is not all the way; convert it, e.g. iconv -f ${encoding} -t UTF-8`,
        { cause: thrown },
      );
    }
    throw writeFailure(thrown, "a copy of a file in UTF-8");
  } finally {
    await copy.close();
  }
}
