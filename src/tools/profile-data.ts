import { z } from "zod";
import { expectOf, measuresOf, measuresPerColumn, profileOf, quantileShares } from "../data/column-measures.ts";
import { extraColumn } from "../data/text/repair.ts";
import { quoteName } from "../data/sql-text.ts";
import type { SourceDialect } from "../data/sql/sql-wire.ts";
import type { WebFiles } from "../data/web/web-files.ts";
import { ToolError } from "../errors.ts";
import { sourceField } from "./source-field.ts";
import { defineTool, type ToolContext } from "./tool.ts";

const maxColumns = 500;
/** Tables with more columns than this are told less of each, or the answer would get too long. */
const maxFullColumns = 80;
const sampleRows = 200;

/** What a table holds, column by column, from one pass over all of it. */
export const profileData = defineTool({
  name: "profile_data",
  description:
    "Profile a file, glob or dataset in one pass: row count, dialect, encoding, problems and, per column, type, nulls, min, max, mean, std, text lengths (min, max, mean); " +
    "approximate: distinct, quantiles (5, 25, 50, 75, 95 %), top values, likely_key; date_format of dates held as text.",
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
  const table = quoteName(source);
  const head = await ask(`select * from ${table} ${condition} limit ${sampleRows}`, context, true);
  const { columns } = head;
  if (columns.length > maxColumns) {
    throw new ToolError(
      "too_large",
      `'${source}' has ${columns.length} columns, and at most ${maxColumns} are profiled; use query_data on some of them`,
    );
  }
  const isWide = columns.length > maxFullColumns;
  const expected = columns.map((column, index) =>
    expectOf(
      column,
      head.rows.map((row) => row[index] ?? null),
    ),
  );
  const measures = expected.flatMap((column) => measuresOf(column, isWide));
  const all = `select ${["count(*)", ...measures].join()} from ${table}`;
  const { rows, problems, dialects } = await ask(`${all} ${condition}`, context);
  const [rowCount, ...answers] = rows[0] ?? [];
  return {
    row_count: Number(rowCount),
    columns: expected.map((column, index) => profileOf(column, answers.slice(index * measuresPerColumn))),
    ...describeDialect(dialects[0]),
    problems,
    ...(isWide ? { notes: [`quantiles, top values and lengths are given for at most ${maxFullColumns} columns`] } : {}),
  };
}

function describeDialect(dialect: SourceDialect | undefined) {
  if (dialect === undefined) throw new Error("a profile has a source");
  const { source: _, encoding, ...rest } = dialect;
  return { dialect: rest, encoding };
}

function ask(sql: string, { services, ...options }: Call, followed = false) {
  return services.sql.query({ sql, limit: sampleRows, followed, origin: { tool: "profile_data" } }, options);
}
