import { ToolError } from "../errors.ts";

export const tableFormats = ["csv", "json", "jsonl", "parquet"] as const;
export type TableFormat = (typeof tableFormats)[number];

export const compressions = ["none", "gzip", "zstd", "bzip2", "zip", "xlsx"] as const;
/** What the bytes of a table are packed in. A sheet of a workbook comes out of it as CSV. */
export type Compression = (typeof compressions)[number];

export interface FileFormat {
  format: TableFormat;
  compression: Compression;
}

/** Formats that cannot be read, by how their files begin, and what to do instead. */
const foreign: readonly { magic: readonly number[]; advice: string }[] = [
  {
    magic: [0xd0, 0xcf, 0x11, 0xe0],
    advice: "an old Office document, or one with a password; save it as .xlsx without a password, or as CSV",
  },
  { magic: [0xfd, 0x37, 0x7a, 0x58, 0x5a], advice: "compressed with xz; decompress it, or use gzip" },
  { magic: [0x37, 0x7a, 0xbc, 0xaf], advice: "a 7z archive; unpack it, or use zip" },
  { magic: [0x52, 0x61, 0x72, 0x21], advice: "a RAR archive; unpack it, or use zip" },
  { magic: [0x53, 0x51, 0x4c, 0x69, 0x74, 0x65], advice: "an SQLite database; query it with query_database" },
  { magic: [0x25, 0x50, 0x44, 0x46], advice: "a PDF; save its table as CSV" },
];

const packings: readonly { magic: readonly number[]; compression: Compression }[] = [
  { magic: [0x1f, 0x8b], compression: "gzip" },
  { magic: [0x28, 0xb5, 0x2f, 0xfd], compression: "zstd" },
  { magic: [0x42, 0x5a, 0x68], compression: "bzip2" },
  { magic: [0x50, 0x4b, 0x03, 0x04], compression: "zip" },
  { magic: [0x50, 0x4b, 0x05, 0x06], compression: "zip" },
];

const packingEnd = /\.(gz|gzip|zst|zstd|bz2|zip)$/i;

/** The name of what is in a file whose name tells how it is packed. */
export function withoutPacking(name: string): string {
  return name.replace(packingEnd, "");
}

/** What the first bytes of a file are packed in; `zip` for a workbook too, which is an archive. */
export function packingOf(head: Uint8Array): Compression {
  // a text may begin with the letters BZh, but not with a digit and the number pi after them
  const found = packings.find(({ magic }) => startsWith(head, magic))?.compression ?? "none";
  return found === "bzip2" && !/^[1-9](1AY&SY|\x17rE8P\x90)/.test(Buffer.from(head.subarray(3, 10)).toString("latin1"))
    ? "none"
    : found;
}

/**
 * What kind of table a file holds, from its first bytes and, where they leave it open, from its name.
 *
 * @param named its name where that is another than messages call it by
 * @param head of what comes out of its packing, if that was looked into
 * @throws ToolError `unreadable` for an empty file and for formats that hold no table we can read
 */
export function formatOf(shown: string, head: Uint8Array, named = shown): FileFormat {
  if (head.length === 0)
    throw new ToolError("unreadable", `'${shown}' is empty and holds no table; write it again, or name another file`);
  const other = foreign.find(({ magic }) => startsWith(head, magic));
  if (other !== undefined) throw new ToolError("unreadable", `'${shown}' is ${other.advice}`);
  if (startsWith(head, [0x50, 0x41, 0x52, 0x31])) return { format: "parquet", compression: "none" };
  const compression = packingOf(head);
  if (compression === "none" && packingEnd.test(named)) {
    throw new ToolError(
      "unreadable",
      `'${shown}' is named like a compressed file but is none; make it again, or drop the ending if it is plain text`,
    );
  }
  const name = compression === "none" ? named : withoutPacking(named);
  const extension = /\.([a-z0-9]+)$/i.exec(name)?.[1]?.toLowerCase() ?? "";
  if (extension === "parquet" || (extension === "xlsx" && compression === "none"))
    throw new ToolError(
      "unreadable",
      `'${shown}' is named like a ${extension === "xlsx" ? "workbook" : "Parquet file"} but is none; make it again, or name it by what it is`,
    );
  return { format: formatOfText(extension, compression === "none" ? head : new Uint8Array()), compression };
}

/** What begins like JSON is none of the others, and what looks like rows of cells is none, whatever the name says. */
function formatOfText(extension: string, head: Uint8Array): TableFormat {
  const start = Buffer.from(head)
    .toString("latin1")
    .replace(/^\xEF\xBB\xBF/, "")
    .trimStart();
  const isJson = /^(\{\s*("|\}|$)|\[\s*(\{|\[|\]|$))/.test(start);
  const isOther =
    /^[^\r\n]*[,;\t|]/.test(start) && !/^(["\d-]|true|false|null)/.test(start) && !/[{[<\0]/.test(start.slice(0, 256));
  if (extension === "jsonl" || extension === "ndjson") return isOther ? "csv" : "jsonl";
  if (extension === "json" || extension === "geojson") return isOther ? "csv" : "json";
  if (isJson) return "json";
  if (["csv", "tsv", "tab", "txt", "psv"].includes(extension)) return "csv";
  return start.startsWith("{") || start.startsWith("[") ? "json" : "csv";
}

function startsWith(head: Uint8Array, magic: readonly number[]): boolean {
  return magic.every((byte, index) => head[index] === byte);
}
