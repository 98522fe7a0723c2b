import { quoteName } from "../sql-text.ts";
import { aggregates, kindOf, type Encoding, type Kind } from "./encoding.ts";
import { humanise, withinSentence } from "./words.ts";

/** An encoding with the SQL that reads it: DOUBLE, TIMESTAMP in UTC or VARCHAR, by its kind; null for what is none. */
export interface Field {
  encoding: Encoding;
  kind: Kind;
  sql: string;
  title: string;
}

/** Columns go by plain names from here on, so that nothing in theirs means anything to what draws. */
export function fieldOf(encoding: Encoding): Field {
  const { column, aggregate, unit } = encoding;
  if (column === undefined) return { encoding, kind: "number", sql: "1", title: "Number of rows" };
  const kind = aggregate === undefined ? (unit === undefined ? kindOf(column) : "time") : "number";
  const name = quoteName(column.name);
  const words = humanise(column.name);
  const title = aggregate === undefined ? words : `${aggregates[aggregate].title} ${withinSentence(words)}`;
  return { encoding, kind, sql: readers[kind](name, column.type), title };
}

/** A text column that holds dates throughout. */
export function asTime(field: Field, form: "month" | "time"): Field {
  const text = form === "month" ? `(${field.sql} || '-01')` : field.sql;
  return { ...field, kind: "time", sql: `try_cast(${text} as timestamp)` };
}

const readers: Record<Kind, (name: string, type: string) => string> = {
  number(name, type) {
    if (type === "BOOLEAN") return `${name}::integer::double`;
    const number = /^(U?(TINY|SMALL|BIG|HUGE)INT|U?INTEGER|DECIMAL)/.test(type) ? name : `try_cast(${name} as double)`;
    return `(case when isfinite(${number}::double) then ${number}::double end)`;
  },
  time(name, type) {
    const time = type === "TIMESTAMP WITH TIME ZONE" ? `make_timestamp(epoch_us(${name}))` : `${name}::timestamp`;
    if (type === "VARCHAR") return `try_cast(${name} as timestamp)`;
    return `(case when isfinite(${name}) then ${time} end)`;
  },
  category: (name) => `${name}::varchar`,
};
