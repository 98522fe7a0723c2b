import { ToolError } from "../errors.ts";

export type TableFormat = "csv" | "json" | "jsonl" | "parquet";
export type Compression = "none" | "gzip" | "zstd";

export interface FileFormat {
  format: TableFormat;
  compression: Compression;
}

/** Formats that cannot be read, by how their files begin, and what to do instead. */
const foreign: readonly { magic: readonly number[]; advice: string }[] = [
  { magic: [0x50, 0x4b, 0x03, 0x04], advice: "a zip archive or spreadsheet; unpack it, or save the sheet as CSV" },
  { magic: [0xd0, 0xcf, 0x11, 0xe0], advice: "an old Office document; save it as CSV" },
  { magic: [0x42, 0x5a, 0x68], advice: "compressed with bzip2; decompress it, or use gzip" },
  { magic: [0xfd, 0x37, 0x7a, 0x58, 0x5a], advice: "compressed with xz; decompress it, or use gzip" },
  { magic: [0x53, 0x51, 0x4c, 0x69, 0x74, 0x65], advice: "an SQLite database; export the table you need as CSV" },
  { magic: [0x25, 0x50, 0x44, 0x46], advice: "a PDF; save its table as CSV" },
];

/**
 * What kind of table a file holds, from its first bytes and, where they leave it open, from its name.
 *
 * @param named its name where that is another than messages call it by
 * @throws ToolError `unreadable` for an empty file and for formats that hold no table we can read
 */
export function formatOf(shown: string, head: Uint8Array, named = shown): FileFormat {
  if (head.length === 0)
    throw new ToolError("unreadable", `'${shown}' is empty and holds no table; write it again, or name another file`);
  const other = foreign.find(({ magic }) => startsWith(head, magic));
  if (other !== undefined) throw new ToolError("unreadable", `'${shown}' is ${other.advice}`);
  if (startsWith(head, [0x50, 0x41, 0x52, 0x31])) return { format: "parquet", compression: "none" };
  const compression = startsWith(head, [0x1f, 0x8b])
    ? "gzip"
    : startsWith(head, [0x28, 0xb5, 0x2f, 0xfd])
      ? "zstd"
      : "none";
  if (compression === "none" && /\.(gz|gzip|zst|zstd)$/i.test(named)) {
    throw new ToolError(
      "unreadable",
      `'${shown}' is named like a compressed file but is none; make it again, or drop the ending if it is plain text`,
    );
  }
  const name = compression === "none" ? named : named.replace(/\.(gz|gzip|zst|zstd)$/i, "");
  const extension = /\.([a-z0-9]+)$/i.exec(name)?.[1]?.toLowerCase() ?? "";
  if (extension === "parquet")
    throw new ToolError(
      "unreadable",
      `'${shown}' is named like a Parquet file but is none; make it again, or name it by what it is`,
    );
  return { format: formatOfText(extension, compression === "none" ? head : new Uint8Array()), compression };
}

/** Whether a file begins as one that is read through its compression. */
export function isCompressed(head: Uint8Array): boolean {
  return startsWith(head, [0x1f, 0x8b]) || startsWith(head, [0x28, 0xb5, 0x2f, 0xfd]);
}

function formatOfText(extension: string, head: Uint8Array): TableFormat {
  if (extension === "json" || extension === "geojson") return "json";
  if (extension === "jsonl" || extension === "ndjson") return "jsonl";
  if (["csv", "tsv", "tab", "txt", "psv"].includes(extension)) return "csv";
  const first = head.find((byte) => byte > 0x20);
  return first === 0x7b || first === 0x5b ? "json" : "csv";
}

function startsWith(head: Uint8Array, magic: readonly number[]): boolean {
  return magic.every((byte, index) => head[index] === byte);
}
