import { ToolError } from "../../errors.ts";
import type { JsonObject } from "../../message.ts";
import { parquetTwin } from "../dataset.ts";
import { findSource, type SourceFinder, type TableSource } from "../source.ts";
import type { WireSource } from "./sql-wire.ts";

/** What the tables of one statement are. */
export interface StatementSources {
  /** Find them, as often as the statement is begun. @throws as `findSource`, and `invalid_input` for names that SQL takes for one */
  resolve(tables: readonly string[]): Promise<WireSource[]>;
  /** Where the tables come from, for the sidecar of a dataset. */
  described(): JsonObject[];
  /** Of all their files. */
  sizeBytes(): number;
  /** Whether one of them is of the web. */
  areFetched(): boolean;
  /** The keys of the copies that are made before the statement runs. */
  copiedFirst(): string[];
}

/** The copy of a source that is read in its place, or that may be made. */
export type SourceCopy = Pick<WireSource, "kept" | "keep">;
export const noCopy: SourceCopy = { kept: undefined, keep: undefined };

export function openStatementSources({
  finder,
  copyOf,
}: {
  finder: SourceFinder;
  copyOf: (source: TableSource) => Promise<SourceCopy>;
}): StatementSources {
  let sources: TableSource[] = [];
  let copies: SourceCopy[] = [];
  return {
    async resolve(tables) {
      sources = await Promise.all(tables.map((table) => findSource(table, finder)));
      checkDistinct(sources);
      copies = await Promise.all(sources.map(copyOf));
      return sources.map((source, index) => toWire(source, copies[index] ?? noCopy));
    },
    described: () => sources.map(describe),
    sizeBytes: () => sources.flatMap(({ files }) => files).reduce((sum, file) => sum + file.sizeBytes, 0),
    areFetched: () => sources.some(({ web }) => web !== undefined),
    copiedFirst: () => copies.flatMap(({ keep }) => (keep?.when === "before" ? [keep.key] : [])),
  };
}

/** SQL does not tell names apart by their case, files may. */
function checkDistinct(sources: readonly TableSource[]): void {
  for (const [index, { name, files, web }] of sources.entries()) {
    const other = sources.slice(0, index).find((earlier) => earlier.name.toLowerCase() === name.toLowerCase());
    if (other === undefined || placesOf(other.files) === placesOf(files)) continue;
    const advice =
      web === undefined ? `another path, such as './${name}'` : "another address, such as one that ends in #2";
    throw new ToolError(
      "invalid_input",
      `'${other.name}' and '${name}' are one name in SQL; reach one of them by ${advice}`,
    );
  }
}

function placesOf(files: TableSource["files"]): string {
  return JSON.stringify(files.map(({ path, part }) => [path, part]));
}

function toWire({ name, format, compression, files, dataset, columns }: TableSource, copy: SourceCopy): WireSource {
  // One that is unfinished may grow, and its twin would not.
  const convertTo = dataset?.format === "jsonl" && !dataset.unfinished ? parquetTwin(dataset) : undefined;
  const wired = files.map(({ path, shown, sizeBytes, state, part }) => ({ path, shown, sizeBytes, state, part }));
  return { name, format, compression, files: wired, columns, convertTo, ...copy };
}

const maxDescribed = 20;

function describe({ name, dataset, web, files }: TableSource): JsonObject {
  if (web !== undefined) return { name, file_count: 1, files: [web.origin] };
  const listed = files
    .slice(0, maxDescribed)
    .map(({ path, sizeBytes, modifiedAt }) => ({ path, size_bytes: sizeBytes, modified_at: modifiedAt }));
  return { name, ...(dataset === undefined ? {} : { dataset: dataset.id }), file_count: files.length, files: listed };
}
