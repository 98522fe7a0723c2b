import { z } from "zod";
import { cutCell } from "../data/cut-cell.ts";
import { quoteName } from "../data/sql-text.ts";
import type { Column } from "../data/dataset.ts";
import type { SourceDialect } from "../data/sql-wire.ts";
import { ToolError } from "../errors.ts";
import type { JsonValue } from "../message.ts";
import { defineTool, type ToolContext } from "./tool.ts";

const maxColumns = 500;
/** Of the least and the greatest text of a column. */
const maxBoundChars = 200;

/** What a table holds, column by column, from one pass over all of it. */
export const profileData = defineTool({
  name: "profile_data",
  description:
    "Profile a file, glob or dataset: row count, dialect, encoding and, per column, type, nulls, distinct (approximate, within a few per cent), min, max and mean.",
  input: z.object({
    source: z.string().min(1).max(4_096).describe("path or glob inside a root, or a dataset's handle or name"),
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
      }),
    ),
    dialect: z.object({
      format: z.string(),
      compression: z.string(),
      delimiter: z.string().optional(),
      header: z.boolean().optional(),
    }),
    encoding: z.string(),
    problems: z.array(z.object({ line: z.int(), code: z.string(), message: z.string() })),
  }),
  hints: { readOnly: true, long: true },
  async run({ source }, context) {
    const { columns } = await ask(`select * from ${quoteName(source)} limit 0`, context);
    if (columns.length > maxColumns) {
      throw new ToolError(
        "too_large",
        `'${source}' has ${columns.length} columns, and at most ${maxColumns} are profiled; use query_data on some of them`,
      );
    }
    const { rows, problems, dialects } = await ask(
      `select ${measures(columns).join()} from ${quoteName(source)}`,
      context,
    );
    const cells = rows[0] ?? [];
    return {
      row_count: Number(cells[0]),
      columns: columns.map((column, index) => profileOf(column, cells.slice(1 + index * measuresPerColumn))),
      ...describeDialect(dialects[0]),
      problems,
    };
  },
});

const measuresPerColumn = 6;

/**
 * What to ask of every column, after the number of rows. A column whose type does not hold all the way is read again
 * as text, so nothing here may depend on the type.
 */
function measures(columns: readonly Column[]): string[] {
  return columns.reduce<string[]>(
    (asked, { name, type }) => {
      const column = quoteName(name);
      const [least, greatest] = isComparable(type) ? [`min(${column})`, `max(${column})`] : ["null", "null"];
      const mean = isNumeric(type) ? `avg(try_cast(${column} as double))` : "null";
      const distinct = `least(approx_count_distinct(${column}), count(${column}))`;
      return [...asked, `any_value(typeof(${column}))`, `count(*) - count(${column})`, distinct, least, greatest, mean];
    },
    ["count(*)"],
  );
}

function profileOf({ name, type }: Column, cells: readonly JsonValue[]) {
  const [found, nulls, distinct, min = null, max = null, mean] = cells;
  return {
    name,
    type: isNumeric(type) && typeof found === "string" ? found : type,
    nulls: Number(nulls),
    distinct: Number(distinct),
    min: cutCell(min, maxBoundChars),
    max: cutCell(max, maxBoundChars),
    ...(typeof mean === "number" ? { mean } : {}),
  };
}

function describeDialect(dialect: SourceDialect | undefined) {
  if (dialect === undefined) throw new Error("a profile has a source");
  const { source: _, encoding, ...rest } = dialect;
  return { dialect: rest, encoding };
}

function isNumeric(type: string): boolean {
  return /^(U?(TINY|SMALL|BIG|HUGE)?INT(EGER)?|FLOAT|DOUBLE|DECIMAL\(.*\))$/.test(type);
}

function isComparable(type: string): boolean {
  return isNumeric(type) || /^(VARCHAR|BOOLEAN|UUID|DATE|TIME.*|ENUM.*|INTERVAL)$/.test(type);
}

function ask(sql: string, { services, signal }: ToolContext) {
  return services.sql.query({ sql, limit: 1, origin: { tool: "profile_data" } }, { signal });
}
