import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { toolCall, type Message } from "./server.ts";

/** One call of each class of tool, a different one each round, so that nothing answers out of what it kept. */
export type Calls = Record<string, (round: number) => Message>;

export interface Sources {
  /** A CSV file of 0.1 MB and one of 10 MB; see `csv/files.ts`. */
  small: string;
  middle: string;
  /** The address of a page. */
  page: string;
}

/** Calls of tools that run in the server itself. */
export const lightCalls: Calls = {
  calculate: (round) => calculations[round % calculations.length]?.(round) ?? done("", {}),
};

/** Units, a matrix and a big number. */
const calculations: ((round: number) => Message)[] = [
  (round) => calculation(`${round}.5 kg * 3 to lb`, String(((round + 0.5) * 3) / 0.453_592_37).slice(0, 6)),
  (round) => calculation(`det([[${round + 1}, 2], [3, 4]])`, String((round + 1) * 4 - 6)),
  (round) => calculation(`2^${100 + round}`, String(2n ** BigInt(100 + round))),
];

function calculation(expression: string, begins: string): Message {
  const isRight = (result: unknown) => String(structured(result)?.["result"]).startsWith(begins);
  return { ...toolCall("calculate", { expression }), isRight };
}

/** Calls of tools that run in an engine. */
export function heavyCalls({ small, middle, page }: Sources): Calls {
  const byCity = (sales: string, round: number) =>
    `select city, count(*), sum(quantity), avg(price) from '${sales}' where quantity <> ${round + 1_000} group by city`;
  const database = `sqlite:${join(small, "../start.db")}`;
  const bars = { mark: "bar", x: "city", y: "quantity" };
  return {
    query_data: (round) => done("query_data", { sql: byCity(small, round) }),
    "query_data, 10 MB": (round) => done("query_data", { sql: byCity(middle, round) }),
    query_database: (round) => done("query_database", { database, sql: `select n + ${round} from numbers` }),
    profile_data: () => done("profile_data", { source: small }),
    export_data: (round) => done("export_data", { source: small, path: `exports/start-${round}.parquet` }),
    chart: (round) => done("chart", { source: small, ...bars, title: `round ${round}` }),
    scrape: (round) => done("scrape", { urls: [`${page}?${round}`] }),
    crawl: (round) => done("crawl", { start_urls: [`${page}?crawl=${round}`], max_pages: 1 }),
    web_search: (round) => done("web_search", { query: `word ${round}` }),
  };
}

/** What the calls ask of, beside the CSV files. */
export function makeSources(folder: string): void {
  const database = new DatabaseSync(join(folder, "start.db"));
  database.exec("create table if not exists numbers (n integer); insert into numbers values (1)");
  database.close();
  writeFileSync(join(folder, "replies.json"), '["hello"]');
}

/** A call that has to be done when it is answered. */
export function done(name: string, input: object): Message {
  return { ...toolCall(name, input), isRight: (result) => structured(result)?.["status"] === "done" };
}

function structured(result: unknown): Record<string, unknown> | undefined {
  return (result as { structuredContent?: Record<string, unknown> }).structuredContent;
}
