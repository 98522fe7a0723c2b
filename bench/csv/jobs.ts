import { setTimeout as delay } from "node:timers/promises";
import type { ToolCall } from "../process/peer.ts";
import type { BenchFiles } from "./files.ts";

/** What a job gives, the same for every engine: rows of numbers and texts. */
export type Answer = (string | number)[][];

export interface Job {
  name: string;
  /** What the peers call it. */
  id: string;
  /** Measured from the start of the process; else from the request to a process that has loaded its engine. */
  isCold: boolean;
  /** Call axoner's tools until the answer is there. */
  run: (call: ToolCall, files: BenchFiles) => Promise<Answer>;
  /** How long, in seconds, the caller of `run` does something else meanwhile: no part of the time that is told. */
  thoughtS?: number;
}

interface TableResult {
  row_count: number;
  rows: Answer;
}

interface ProfileResult {
  row_count: number;
  columns: { name: string; nulls: number; mean?: number }[];
}

const byCity = (sales: string) =>
  `select city, count(*), sum(quantity), avg(price) from '${sales}' group by city order by city`;
const kept = "kept";

async function ask(call: ToolCall, sql: string): Promise<Answer> {
  return (await call<TableResult>("query_data", { sql, limit: 1_000 })).rows;
}

/** Keep a result as Parquet, then count it. */
async function keep(call: ToolCall, sql: string): Promise<Answer> {
  await call("query_data", { sql, limit: 1, save_as: kept });
  return await ask(call, `select count(*), sum(id) from ${kept}`);
}

export const jobs: readonly Job[] = [
  {
    name: "profile",
    id: "profile",
    isCold: false,
    async run(call, { sales }) {
      const { row_count: rows, columns } = await call<ProfileResult>("profile_data", { source: sales });
      const mean = columns.find(({ name }) => name === "price")?.mean ?? Number.NaN;
      return [[rows], ...columns.map(({ name, nulls }) => [name, Math.round((1e4 * nulls) / rows) / 100]), [mean]];
    },
  },
  { name: "group-by", id: "group", isCold: false, run: (call, { sales }) => ask(call, byCity(sales)) },
  {
    name: "filter to file",
    id: "select",
    isCold: false,
    run: (call, { sales }) => keep(call, `select * from '${sales}' where quantity > 90 and price < 500`),
  },
  {
    name: "top 100k",
    id: "top",
    isCold: false,
    run: (call, { sales }) => keep(call, `select * from '${sales}' order by price desc, id limit 100000`),
  },
  {
    name: "join with 1 M rows",
    id: "join",
    isCold: false,
    run: (call, { sales, products }) =>
      ask(
        call,
        `select category, count(*), sum(quantity * weight) from '${sales}' join '${products}' using (sku) group by category order by category`,
      ),
  },
  {
    name: "to Parquet",
    id: "parquet",
    isCold: false,
    async run(call, { sales }) {
      const { row_count: rows } = await call<TableResult>("export_data", {
        source: sales,
        path: "exports/sales.parquet",
      });
      return [[rows]];
    },
  },
  {
    name: "first 20 rows, cold",
    id: "first",
    isCold: true,
    async run(call, { sales }) {
      const { rows } = await call<TableResult>("read_rows", { source: sales, limit: 20, columns: ["id"] });
      return rows.map(([id = ""]) => [Number(id)]);
    },
  },
  {
    name: "five questions",
    id: "five",
    isCold: false,
    run: (call, { sales }) => askFive(call, sales, 0),
  },
  {
    name: "five questions, 3 s of thought after each but the last",
    id: "five",
    isCold: false,
    thoughtS: 12,
    run: (call, { sales }) => askFive(call, sales, 3),
  },
];

async function askFive(call: ToolCall, sales: string, thoughtS: number): Promise<Answer> {
  const questions = [
    byCity(sales),
    `select count(*) from '${sales}' where quantity > 90`,
    `select day, count(*) as n from '${sales}' group by day order by n desc, day limit 1`,
    `select count(distinct sku) from '${sales}'`,
    `select max(price), min(price) from '${sales}'`,
  ];
  const answers: Answer = [];
  for (const [index, question] of questions.entries()) {
    if (index > 0) await delay(thoughtS * 1_000);
    answers.push(...(await ask(call, question)));
  }
  return answers;
}

/** A job of a size of its own: what a small file costs from nothing. */
export const smallFile: Job = {
  name: "small file, cold",
  id: "group",
  isCold: true,
  run: (call, { sales }) => ask(call, byCity(sales)),
};

const tolerance = 1e-9;

/** Where two answers differ, in words; undefined where they say the same. */
export function difference(a: Answer, b: Answer): string | undefined {
  if (a.length !== b.length) return `${a.length} rows against ${b.length}`;
  for (const [index, row] of a.entries()) {
    const other = b[index] ?? [];
    const isSame = row.length === other.length && row.every((cell, column) => isClose(cell, other[column]));
    if (!isSame) return `row ${index}: ${JSON.stringify(row)} against ${JSON.stringify(other)}`;
  }
  return undefined;
}

/** Sums of fractions depend on the order of their terms. */
function isClose(a: string | number, b: string | number | undefined): boolean {
  const [x, y] = [Number(a), Number(b)];
  if (Number.isNaN(x) || Number.isNaN(y)) return String(a) === String(b);
  return Math.abs(x - y) <= tolerance * Math.max(1, Math.abs(x), Math.abs(y));
}
