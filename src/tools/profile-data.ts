import { z } from "zod";
import {
  expectOf,
  measuresOf,
  measuresPerColumn,
  profileOf,
  quantileShares,
  type ColumnProfile,
  type Expected,
} from "../data/column-measures.ts";
import { isTooSmall, sampledShare } from "../data/sampled-share.ts";
import { extraColumn } from "../data/text/repair.ts";
import { quoteName } from "../data/sql-text.ts";
import type { SourceDialect } from "../data/sql/sql-wire.ts";
import type { WebFiles } from "../data/web/web-files.ts";
import { sourceField } from "./source-field.ts";
import { defineTool, type ToolContext } from "./tool.ts";

const maxColumns = 500;
/** Tables with more columns than this are told less of each, or the answer would get too long. */
const maxFullColumns = 80;
const sampleRows = 200;
/** Of columns that are told how to be read. */
const maxColumnNotes = 20;

/** What a table holds, column by column, from one pass over all of it. */
export const profileData = defineTool({
  name: "profile_data",
  description:
    "Profile a file, glob or dataset in one pass: row count, dialect, encoding, problems and, per column, type, nulls, min, max, mean, std, text lengths (min, max, mean); " +
    "approximate: distinct, quantiles (5, 25, 50, 75, 95 %), top values, likely_key; date_format, number_format of dates, numbers held as text.",
  input: z.object({
    source: sourceField,
  }),
  output: z.object({
    row_count: z.int(),
    columns: z.array(
      z.object({
        name: z.string(),
        type: z.string(),
        nulls: z.int(),
        distinct: z.int(),
        min: z.json(),
        max: z.json(),
        mean: z.number().optional(),
        std: z.number().optional(),
        quantiles: z.array(z.number()).length(quantileShares.length).optional(),
        top: z.array(z.string()).optional(),
        lengths: z.array(z.number()).optional(),
        likely_key: z.boolean().optional(),
        date_format: z.string().optional(),
        number_format: z.string().optional(),
      }),
    ),
    dialect: z.object({
      format: z.string(),
      compression: z.string(),
      delimiter: z.string().optional(),
      header: z.boolean().optional(),
      member: z.string().optional(),
      sheet: z.string().optional(),
    }),
    encoding: z.string(),
    problems: z.array(z.object({ line: z.int(), code: z.string(), message: z.string() })),
    notes: z.array(z.string()).optional(),
  }),
  hints: { readOnly: true, openWorld: true, long: true },
  async run({ source }, context) {
    const web = context.services.files.openWeb(context);
    try {
      return await profileWhole(source, { ...context, web });
    } finally {
      await web.close();
    }
  },
});

type Call = ToolContext & { web: WebFiles };

/** Rows far down may have more cells than there are names: the column of those cells is asked for then, and profiled too. */
async function profileWhole(source: string, context: Call) {
  const profile = await profileTable(source, "", context);
  const hasExtra = profile.problems.some(({ code }) => code === "extra_cells");
  if (!hasExtra || profile.columns.some(({ name }) => name.startsWith(extraColumn))) return profile;
  return await profileTable(source, `where ${quoteName(extraColumn)} is null or true`, context);
}

async function profileTable(source: string, condition: string, context: Call) {
  const table = `${quoteName(source)} ${condition}`;
  const head = await ask(`select * from ${table} limit ${sampleRows}`, context, true);
  const columns = head.columns.slice(0, maxColumns);
  const isWide = columns.length > maxFullColumns;
  const expected = columns.map((column, index) =>
    expectOf(
      column,
      head.rows.map((row) => row[index] ?? null),
    ),
  );
  const share = isWide ? undefined : sampledShare(head);
  const sampled = share === undefined ? undefined : await measure({ table, expected, isWide, share }, context);
  const isUseful = sampled !== undefined && !isTooSmall(sampled.sampledRows, sampled.rowCount);
  const measured = isUseful ? sampled : await measure({ table, expected, isWide, share: undefined }, context);
  const found = expected.map((column, index) => profileOf(column, measured.answersOf(index)));
  const isExact = await countDistinct({ table, rowCount: measured.rowCount }, found, context);
  const notes = [
    ...(columns.length < head.columns.length
      ? [
          `the first ${maxColumns} of ${head.columns.length} columns are profiled; to profile others, select them with query_data and save_as`,
        ]
      : []),
    ...(isWide ? [`quantiles, top values and lengths are given for at most ${maxFullColumns} columns`] : []),
    ...(isUseful ? [`quantiles and top values are those of ${sampled.sampledRows} rows taken at random`] : []),
    ...found.flatMap(({ note }) => note ?? []).slice(0, maxColumnNotes),
    ...(measured.rowCount > fewRows && !isExact
      ? ["distinct is approximate, and may be a tenth off or more; count(distinct …) is exact"]
      : []),
  ];
  return {
    row_count: measured.rowCount,
    columns: found.map(({ column }) => column),
    ...describeDialect(measured.dialects[0]),
    problems: measured.problems,
    ...(notes.length === 0 ? {} : { notes }),
  };
}

/** Counts of fewer distinct values are exact, or nearly so. */
const fewRows = 1_000;
/** Distinct values are counted one by one up to so many cells: more takes too much time and memory. */
const maxCountedCells = 1_000_000;
/** Each takes memory of its own, however few values there are. */
const maxCountedColumns = 100;
const leastShare = 0.7;

/**
 * Count exactly all columns of a small table, and of others what may be a key: an estimate claims too much or too little.
 * Gives whether that is all columns.
 */
async function countDistinct(
  { table, rowCount }: { table: string; rowCount: number },
  found: readonly { column: ColumnProfile }[],
  context: Call,
): Promise<boolean> {
  const columns = found.map(({ column }) => column);
  const isSmall = columns.length <= maxCountedColumns && rowCount * columns.length <= maxCountedCells;
  const wanted = columns
    .filter(({ nulls, distinct }) => isSmall || (nulls === 0 && rowCount > 1 && distinct >= rowCount * leastShare))
    .slice(0, Math.floor(maxCountedCells / rowCount));
  if (wanted.length === 0 || rowCount === 0) return false;
  const counts = wanted.map(({ name }) => `count(distinct ${quoteName(name)})`);
  const answer = await ask(`select ${counts.join()} from ${table}`, context);
  for (const [index, column] of wanted.entries()) {
    column.distinct = Number(answer.rows[0]?.[index]);
    if (column.distinct === rowCount && rowCount > 1) column.likely_key = true;
    else delete column.likely_key;
  }
  return wanted.length === columns.length;
}

interface Measuring {
  table: string;
  expected: readonly Expected[];
  isWide: boolean;
  /** Of the rows, for what a sample tells; undefined: all. */
  share: number | undefined;
}

/** Ask everything of a table in one pass. */
async function measure({ table, expected, isWide, share }: Measuring, context: Call) {
  const names = expected.map(({ column }) => column.name.toLowerCase());
  const picked = share === undefined ? undefined : quoteName(newName("picked", names));
  const measures = expected.flatMap((column) => measuresOf(column, { isWide, picked }));
  const counts = ["count(*)", picked === undefined ? "count(*)" : `count_if(${picked})`];
  const from = picked === undefined ? table : `(select random() < ${share} as ${picked}, * from ${table})`;
  const answer = await ask(`select ${[...counts, ...measures].join()} from ${from}`, context);
  const { problems, dialects } = answer;
  const values = answer.rows[0] ?? [];
  const types = answer.columns.map(({ type }) => type);
  const ofColumn = <Item>(items: readonly Item[], index: number): Item[] => {
    const start = counts.length + index * measuresPerColumn;
    return items.slice(start, start + measuresPerColumn);
  };
  return {
    rowCount: Number(values[0]),
    sampledRows: Number(values[1]),
    answersOf: (index: number) => ({ values: ofColumn(values, index), types: ofColumn(types, index) }),
    problems,
    dialects,
  };
}

function newName(wanted: string, taken: readonly string[]): string {
  return taken.includes(wanted) ? newName(`${wanted}_`, taken) : wanted;
}

function describeDialect(dialect: SourceDialect | undefined) {
  if (dialect === undefined) throw new Error("a profile has a source");
  const { source: _, encoding, ...rest } = dialect;
  return { dialect: rest, encoding };
}

function ask(sql: string, { services, ...options }: Call, followed = false) {
  return services.sql.query({ sql, limit: sampleRows, followed, origin: { tool: "profile_data" } }, options);
}
