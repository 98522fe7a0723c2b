import { errorMessage, ToolError, type ErrorCode } from "../../errors.ts";
import { cutText } from "../../text/text.ts";

/** A cell of delimited text that is not of its column's type. */
interface BadCell {
  path: string;
  line: string;
  column: string;
  value: string;
  type: string;
}

/** The cell that a conversion failed on, if that is what an error is about. */
function badCell(thrown: unknown): BadCell | undefined {
  const text = errorMessage(thrown);
  const line = /CSV Error on Line: (\d+)/.exec(text)?.[1];
  const cell =
    /Error when converting column "((?:[^"]|"(?!\.))*)"\. Could not convert string "([^]*?)" to '([^']*)'/.exec(text);
  const path = /\n {2}file = (.+)/.exec(text)?.[1];
  if (line === undefined || cell === null || path === undefined) return undefined;
  return { path, line, column: cell[1] ?? "", value: cell[2] ?? "", type: cell[3] ?? "" };
}

/** Whether threads that read one delimited file lost track of its quotes, or blame the wrong line. */
export function isConfused(thrown: unknown): boolean {
  return /Parallel CSV Reader|unterminated quote/i.test(errorMessage(thrown));
}

/** Whether rows of delimited text break its rules: too few cells, too many, quotes or line ends that do not fit. */
export function isMisshapen(thrown: unknown): boolean {
  const text = errorMessage(thrown);
  if (/state machine reached an invalid state|Parallel CSV Reader|unterminated quote|sniffing file/i.test(text))
    return true;
  return /CSV Error on Line/.test(text) && badCell(thrown) === undefined;
}

/** The file that an error about delimited text tells of. */
export function pathOfError(thrown: unknown): string | undefined {
  return /\n {2}file = (.+)/.exec(errorMessage(thrown))?.[1];
}

/**
 * What a failure inside DuckDB means to the caller; anything else as it came.
 *
 * @param names what to call the paths that DuckDB's message may hold
 */
export function explainSqlError(thrown: unknown, names: ReadonlyMap<string, string>): unknown {
  const text = errorMessage(thrown);
  if (thrown instanceof RangeError && /string longer/.test(text)) {
    return new ToolError("too_large", "a value of the result is longer than 512 MB; aggregate less into one value", {
      cause: thrown,
    });
  }
  if (thrown instanceof ToolError || !/^[A-Z][A-Za-z ]* error:/i.test(text)) return thrown;
  const disk = explainDiskError(thrown);
  if (disk !== undefined) return disk;
  const space = explainSpace(text);
  if (space !== undefined) return new ToolError("too_large", space, { cause: thrown });
  const csv = explainCsv(text, names);
  if (csv !== undefined) {
    return new ToolError(isTooLong(text) ? "too_large" : "unreadable", csv, { cause: thrown });
  }
  const { code, advice } = kinds.find(({ pattern }) => pattern.test(text)) ?? {
    code: "invalid_input" as const,
    advice: "",
  };
  const shown = withNames(inOneLine(shorten(withRecord(text))), names);
  return new ToolError(code, advice === "" ? shown : `${shown.replace(/[.!]$/, "")}; ${advice}`, { cause: thrown });
}

/** Whether a statement failed because DuckDB did not get by with its memory, rather than with its disk. */
export function isShortOfMemory(thrown: unknown): boolean {
  const cause = thrown instanceof ToolError ? thrown.cause : thrown;
  return errorMessage(cause).startsWith("Out of Memory Error") && !overDisk.test(errorMessage(cause));
}

/** What does not fit into memory, nor onto the disk where it may go on; undefined for anything else. */
function explainSpace(text: string): string | undefined {
  const limit = /([\d.]+ [KMGT]iB)\/([\d.]+ [KMGT]iB) used/.exec(text)?.[2];
  const most = limit === undefined ? "" : `the ${limit} `;
  if (overDisk.test(text))
    return `the statement lays more aside on disk than ${most}it may; filter or aggregate earlier, or sort fewer columns`;
  if (!text.startsWith("Out of Memory Error")) return undefined;
  return `the statement needs more memory than ${most}it may take at once; select fewer columns, or filter and aggregate earlier`;
}

const overDisk = /max_temp_directory_size|failed to offload/i;

/** A failed write to the workspace, by DuckDB or by us; undefined for anything else. */
export function explainDiskError(thrown: unknown): ToolError | undefined {
  if (thrown instanceof ToolError) return thrown.code === "unavailable" ? thrown : undefined;
  const reason = /No space left on device|Disk quota exceeded|Read-only file system/i.exec(errorMessage(thrown))?.[0];
  if (reason === undefined) return undefined;
  const message = /read-only/i.test(reason)
    ? "the disk of the workspace is read-only (EROFS); choose another workspace with --workspace DIR"
    : "no space is left on the disk to write to (ENOSPC); free some, or choose another workspace with --workspace DIR";
  return new ToolError("unavailable", message, { cause: thrown });
}

const kinds: readonly { pattern: RegExp; code: ErrorCode; advice: string }[] = [
  {
    pattern: /^(Invalid Input Error: )?(JSON transform error|Malformed JSON in file)/,
    code: "unreadable",
    advice: "mend it there",
  },
  {
    pattern: /not a GZIP stream/,
    code: "unreadable",
    advice: "a file has something after its gzip data that is none: unpack it with gunzip, which leaves that aside",
  },
  {
    pattern: /Malformed JSON/,
    code: "unreadable",
    advice: "leave out what is no JSON with json_valid(…)",
  },
  {
    pattern: /No magic bytes|Parquet file|not a parquet/i,
    code: "unreadable",
    advice: "the file is damaged or of another format",
  },
  {
    pattern: /^Conversion Error/,
    code: "unreadable",
    advice: "use try_cast(… as …) to turn what does not convert into null",
  },
  {
    pattern: /^Permission Error/,
    code: "not_allowed",
    advice: "only the sources that the statement names can be read",
  },
  {
    pattern: /state machine reached an invalid state|Parallel CSV Reader/,
    code: "unreadable",
    advice: "the file mixes line ends, or breaks the rules of quoting; convert it, e.g. with dos2unix",
  },
  {
    pattern: /sniffing file/,
    code: "unreadable",
    advice: "the files differ too much to be one table; query them one by one",
  },
  {
    // DuckDB fails inside itself where it wants to tell of bytes that are no UTF-8
    pattern: /^INTERNAL Error: Attempted to access index/,
    code: "unreadable",
    advice: "a file of the statement may not be UTF-8 all the way; profile_data names the line",
  },
  { pattern: /^IO Error/, code: "unreadable", advice: "" },
  {
    pattern: /^(INTERNAL|FATAL) Error/i,
    code: "unavailable",
    advice: "this statement cannot be run; write it differently",
  },
];

/** The line, what it holds and what is wrong with it, out of the report DuckDB gives. */
function explainCsv(text: string, names: ReadonlyMap<string, string>): string | undefined {
  const line = /CSV Error on Line: (\d+)/.exec(text)?.[1];
  if (line === undefined) return undefined;
  const path = /\n {2}file = (.+)/.exec(text)?.[1] ?? "";
  const where = `line ${line} of '${names.get(path) ?? "the file"}'`;
  const cell = badCell(text);
  if (cell !== undefined) {
    return `${where}: column "${cell.column}" holds ${JSON.stringify(cutText(cell.value, 80))}, which is no ${cell.type}; mend the line, or use try_cast`;
  }
  if (/invalid unicode/i.test(text))
    return `${where} is not UTF-8, though the file begins so; convert the whole file, e.g. iconv -f WINDOWS-1252 -t UTF-8`;
  if (isTooLong(text))
    return `${where} is longer than 2 MB; a quote may be left open before it, or it is no table of lines`;
  const original = /Original Line: ([^]*?)\n(?=Expected|Value|Error|\n|Maximum)/.exec(text)?.[1] ?? "";
  const fields = /Expected Number of Columns: (\d+) Found: (\d+)/.exec(text);
  if (fields !== null) {
    const advice =
      original.length > maxQuotedChars ? "mend the line, and look for a quote that is left open" : "mend the line";
    return `${where} has ${fields[2]} fields where ${fields[1]} are expected: ${JSON.stringify(cutText(original, 120))}; ${advice}`;
  }
  if (/unterminated quote/i.test(text))
    return `${where} begins a quoted field that never ends: ${JSON.stringify(cutText(original, 120))}; close the quote`;
  return `${where} cannot be read: ${cutText(shorten(text).replace(/^.*\n(Original Line:.*\n)?/, ""), 200)}`;
}

function isTooLong(text: string): boolean {
  return /maximum line size/i.test(text);
}

/** DuckDB quotes so much of a line. The fields of rows that are much longer than its buffers are counted wrong. */
const maxQuotedChars = 9_000;

/** Without DuckDB's name of the kind, statements of our own, and advice about options that nobody here can set. */
function shorten(text: string): string {
  const [told = ""] = text.split(
    /\n+(?:Stack Trace:|Possible [Ss]olution|Possible fixes|See also|Try increasing|This limit was set by|LINE 1: (?:CREATE OR REPLACE|COPY)| {2}file = )/,
  );
  const plain = told.replace(/^[A-Z][A-Za-z ]* Error: /, "").replace(/ Use "SET .*/, "");
  return cutText(plain.trim(), 1_000);
}

/** DuckDB counts records that are not blank, one too many, and calls some of them lines. */
function withRecord(text: string): string {
  const place = /(Malformed JSON in file "[^"]*", at byte \d+ in )(?:line|record\/value) (\d+)/;
  return text.replace(place, (_, before: string, count: string) => `${before}record ${Number(count) - 1}`);
}

const maxCandidates = 5;

/** Without the excerpt of the statement and its pointer, which mean nothing once lines are joined. */
function inOneLine(text: string): string {
  const [told = ""] = text.split(/\n+LINE \d+: /);
  const candidates = /\s*\n\s*Candidate functions:((?:\n\t[^\n]*)+)/;
  return told
    .replace(candidates, (_, lines: string) => {
      const found = lines.trim().split(/\s*\n\s*/);
      const more = found.length > maxCandidates ? ` and ${found.length - maxCandidates} more` : "";
      return ` Candidates: ${found.slice(0, maxCandidates).join(", ")}${more}`;
    })
    .replaceAll(/\s*\n\s*/g, " ");
}

function withNames(text: string, names: ReadonlyMap<string, string>): string {
  let shown = text;
  // Longer paths first: /proc/self/fd/2 is the beginning of /proc/self/fd/21.
  for (const [path, name] of [...names].toSorted((a, b) => b[0].length - a[0].length))
    shown = shown.replaceAll(path, name);
  return shown.replaceAll(/\/proc\/self\/fd\/\d+/g, "a file");
}
