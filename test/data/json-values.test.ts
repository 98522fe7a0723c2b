import { afterAll, beforeAll, expect, test } from "vitest";
import type { JsonValue } from "../../src/message.ts";
import { openDataFolder, type DataFolder } from "../support/data-folder.ts";

let folder: DataFolder;

beforeAll(async () => {
  folder = await openDataFolder();
});

afterAll(() => folder.close());

interface Expected {
  columns: Record<string, string>;
  rows: JsonValue[][];
  /** A part of each note. */
  notes?: string[];
}

const lines = (...rows: string[]) => `${rows.join("\n")}\n`;

const digits = "12345678901234567890.123";
const long = "123456789012345678901234567890";

const files: [title: string, file: string, content: string | Uint8Array, expected: Expected][] = [
  [
    "integers of 64 bits",
    "i64.jsonl",
    lines('{"a":9007199254740993}', '{"a":1}'),
    { columns: { a: "BIGINT" }, rows: [["9007199254740993"], [1]] },
  ],
  [
    "integers of 128 bits",
    "i128.jsonl",
    lines(`{"a":${long}}`, '{"a":18446744073709551615}'),
    { columns: { a: "HUGEINT" }, rows: [[long], ["18446744073709551615"]] },
  ],
  [
    "longer integers",
    "giant.jsonl",
    lines(`{"a":${long}${long}}`, '{"a":1}'),
    { columns: { a: "VARCHAR" }, rows: [[`${long}${long}`], ["1"]], notes: ["line 1 of 'giant.jsonl'"] },
  ],
  [
    "fractions of many digits",
    "digits.jsonl",
    lines('{"a":1.10}', `{"a":${digits}}`, '{"a":0.1234567890123456789}'),
    {
      columns: { a: "VARCHAR" },
      rows: [["1.10"], [digits], ["0.1234567890123456789"]],
      notes: ["line 2 of 'digits.jsonl'"],
    },
  ],
  [
    "fractions of as many digits as a number has",
    "double.jsonl",
    lines('{"a":0.30000000000000004}', '{"a":1e5}', '{"a":-0.5}', '{"a":7}'),
    { columns: { a: "DOUBLE" }, rows: [[0.30000000000000004], [1e5], [-0.5], [7]] },
  ],
  [
    "numbers that are too large",
    "large.jsonl",
    lines('{"a":1e400}', '{"a":1.5}'),
    { columns: { a: "VARCHAR" }, rows: [["1e400"], ["1.5"]], notes: ["line 1"] },
  ],
  [
    "numbers that are too small",
    "small.jsonl",
    lines('{"a":1e-400}'),
    { columns: { a: "VARCHAR" }, rows: [["1e-400"]], notes: ["line 1"] },
  ],
  [
    "long integers beside fractions",
    "odd.jsonl",
    lines('{"a":9007199254740993}', '{"a":0.5}'),
    { columns: { a: "VARCHAR" }, rows: [["9007199254740993"], ["0.5"]], notes: ["read as texts"] },
  ],
  [
    "numbers in structs and lists",
    "nested.jsonl",
    lines(`{"s":{"n":${digits},"l":[1,2.5]},"k":1}`, '{"s":{"n":2,"late":"x"}}'),
    {
      columns: { s: 'STRUCT("n" VARCHAR, "l" DOUBLE[], "late" VARCHAR)', k: "BIGINT" },
      rows: [
        [{ n: digits, l: [1, 2.5], late: null }, 1],
        [{ n: "2", l: null, late: "x" }, null],
      ],
      notes: ['"s.n"'],
    },
  ],
  [
    "NaN and Infinity",
    "nan.jsonl",
    lines('{"a":NaN}', '{"a":-Infinity}', '{"a":1}'),
    { columns: { a: "DOUBLE" }, rows: [["NaN"], ["-Infinity"], [1]] },
  ],
  [
    "scalars of several kinds",
    "mixed.jsonl",
    lines('{"a":1}', '{"a":"7"}', '{"a":true}', '{"a":1.5}', '{"a":null}'),
    {
      columns: { a: "VARCHAR" },
      rows: [["1"], ["7"], ["true"], ["1.5"], [null]],
      notes: ["texts (first on line 2 of 'mixed.jsonl')"],
    },
  ],
  [
    "values of several kinds",
    "any.jsonl",
    lines('{"a":1}', '{"a":"7"}', '{"a":true}', `{"a":${digits}}`, '{"a":{"a":1}}', '{"a":[1]}', '{"a":null}'),
    {
      columns: { a: "JSON" },
      rows: [[1], ["7"], [true], [`"${digits}"`], [{ a: 1 }], [[1]], [null]],
      notes: ["objects (first on line 5", "inexact"],
    },
  ],
  [
    "texts with leading zeros",
    "zeros.jsonl",
    lines('{"a":"007"}', '{"a":"7"}'),
    { columns: { a: "VARCHAR" }, rows: [["007"], ["7"]] },
  ],
  [
    "days",
    "days.jsonl",
    lines('{"a":"2024-02-29"}', '{"a":null}'),
    { columns: { a: "DATE" }, rows: [["2024-02-29"], [null]] },
  ],
  [
    "days that there are not",
    "no-days.jsonl",
    lines('{"a":"2024-02-29"}', '{"a":"2023-02-29"}'),
    { columns: { a: "VARCHAR" }, rows: [["2024-02-29"], ["2023-02-29"]] },
  ],
  [
    "days that no format tells",
    "us-days.jsonl",
    lines('{"a":"01/02/2024"}', '{"a":"03-04-2024"}'),
    { columns: { a: "VARCHAR" }, rows: [["01/02/2024"], ["03-04-2024"]] },
  ],
  [
    "a day beside nothing",
    "empty-day.jsonl",
    lines('{"a":"2024-02-29"}', '{"a":""}'),
    { columns: { a: "VARCHAR" }, rows: [["2024-02-29"], [""]] },
  ],
  [
    "times",
    "times.jsonl",
    lines('{"a":"2024-01-01T10:00:00.5","b":"10:20:30","c":"2024-01-01 10:00"}'),
    {
      columns: { a: "TIMESTAMP", b: "TIME", c: "TIMESTAMP" },
      rows: [["2024-01-01T10:00:00.5", "10:20:30", "2024-01-01T10:00:00"]],
    },
  ],
  [
    "times of more digits",
    "nanos.jsonl",
    lines('{"a":"2024-01-01T10:00:00.123456789"}'),
    { columns: { a: "VARCHAR" }, rows: [["2024-01-01T10:00:00.123456789"]] },
  ],
  [
    "times with offsets",
    "zones.jsonl",
    lines('{"a":"2024-01-01T10:00:00+02:00"}', '{"a":"2024-01-01T10:00:00Z"}'),
    { columns: { a: "TIMESTAMP WITH TIME ZONE" }, rows: [["2024-01-01T08:00:00Z"], ["2024-01-01T10:00:00Z"]] },
  ],
  [
    "identifiers in capitals",
    "uuid.jsonl",
    lines('{"a":"A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11"}'),
    { columns: { a: "VARCHAR" }, rows: [["A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11"]] },
  ],
  [
    "a byte order mark",
    "bom.jsonl",
    `\uFEFF${lines('{"a":1}', '{"a":2}')}`,
    { columns: { a: "BIGINT" }, rows: [[1], [2]] },
  ],
  ["a list after a byte order mark", "bom.json", '\uFEFF[{"a":1}]', { columns: { a: "BIGINT" }, rows: [[1]] }],
  ["an empty list", "none.json", "[]", { columns: { json: "JSON" }, rows: [] }],
  ["empty objects", "braces.jsonl", lines("{}", "{}"), { columns: { json: "JSON" }, rows: [[{}], [{}]] }],
  [
    "an empty object before others",
    "first.jsonl",
    lines("{}", "", '{"a":1}'),
    { columns: { a: "BIGINT" }, rows: [[null], [1]] },
  ],
  [
    "one object",
    "one.json",
    '{"a":1,"b":{"c":"x"}}',
    { columns: { a: "BIGINT", b: 'STRUCT("c" VARCHAR)' }, rows: [[1, { c: "x" }]] },
  ],
  [
    "one object on many lines",
    "pretty.json",
    JSON.stringify({ a: 1, b: ["x"] }, undefined, 2),
    { columns: { a: "BIGINT", b: "VARCHAR[]" }, rows: [[1, ["x"]]] },
  ],
  [
    "a list on many lines",
    "list.json",
    JSON.stringify([{ a: 1 }, { a: 2.5, late: "x" }], undefined, 2),
    {
      columns: { a: "DOUBLE", late: "VARCHAR" },
      rows: [
        [1, null],
        [2.5, "x"],
      ],
    },
  ],
  [
    "objects on many lines",
    "loose.json",
    '{"a":\n1}\n{"a":2}{"a":3}',
    { columns: { a: "BIGINT" }, rows: [[1], [2], [3]] },
  ],
  [
    "a list of long fractions",
    "digits.json",
    `[\n {"a": ${digits}},\n {"a":\n 1}\n]`,
    { columns: { a: "VARCHAR" }, rows: [[digits], ["1"]], notes: ["line 2 of 'digits.json'"] },
  ],
  [
    "values that are no objects",
    "numbers.jsonl",
    lines("1", "2.5"),
    { columns: { json: "DOUBLE" }, rows: [[1], [2.5]] },
  ],
  ["a list of lists", "lists.json", "[[1,2],[3]]", { columns: { json: "BIGINT[]" }, rows: [[[1, 2]], [[3]]] }],
  [
    "objects beside other values",
    "odd-rows.jsonl",
    lines('{"a":1}', "[4]"),
    { columns: { json: "JSON" }, rows: [[{ a: 1 }], [[4]]], notes: ["lists (first on line 2"] },
  ],
  [
    "keys that differ by their case",
    "case.jsonl",
    lines('{"id":1,"Id":2}', '{"Id":3}'),
    {
      columns: { id: "BIGINT", Id_1: "BIGINT" },
      rows: [
        [1, 2],
        [null, 3],
      ],
      notes: ['"Id" -> "Id_1"'],
    },
  ],
  [
    "a key without a name",
    "nameless.jsonl",
    lines('{"":1,"b":2}'),
    { columns: { column0: "BIGINT", b: "BIGINT" }, rows: [[1, 2]], notes: ["column0"] },
  ],
  [
    "keys with quotes and escapes",
    "keys.jsonl",
    lines(String.raw`{"a \"b\"":1,"\u00e9":2}`, '{"é":3}'),
    {
      columns: { 'a "b"': "BIGINT", é: "BIGINT" },
      rows: [
        [1, 2],
        [null, 3],
      ],
    },
  ],
  [
    "an object of rows by their ids",
    "ids.json",
    JSON.stringify(Object.fromEntries(Array.from({ length: 300 }, (_, id) => [`k${id}`, { n: id }]))),
    { columns: { json: 'MAP(VARCHAR, STRUCT("n" BIGINT))' }, rows: [[expect.anything() as JsonValue]] },
  ],
  [
    "only nulls",
    "nulls.jsonl",
    lines('{"a":null,"b":[]}'),
    { columns: { a: "JSON", b: "VARCHAR[]" }, rows: [[null, []]] },
  ],
];

test.each(files)("%s are read as they are written", async (_title, file, content, { columns, rows, notes = [] }) => {
  await folder.write(file, content);
  const answer = await query(`select * from '${file}'`);
  expect(Object.fromEntries(answer.columns.map(({ name, type }) => [name, type]))).toEqual(columns);
  expect(answer.rows).toEqual(rows);
  expect(answer.problems).toHaveLength(notes.length);
  for (const note of notes) expect(JSON.stringify(answer.problems)).toContain(note.replaceAll('"', '\\"'));
});

async function query(sql: string) {
  return await folder.sql.query({ sql, limit: 50, origin: {} }, { signal: new AbortController().signal });
}
