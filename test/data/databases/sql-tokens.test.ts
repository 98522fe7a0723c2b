import { expect, test } from "vitest";
import { readTokens } from "../../../src/data/databases/sql-tokens.ts";

const values = (sql: string, dialect: "postgres" | "sqlite") => readTokens(sql, dialect).map(({ value }) => value);

test("texts, names and comments end where the server ends them", () => {
  expect(values("select 'a''b', E'it\\'s', \"x\"\"y\", $1 /* a /* b */ c */ -- d\n, $t$ ' $t$", "postgres")).toEqual([
    "select",
    "'a''b'",
    ",",
    "E'it\\'s'",
    ",",
    'x"y',
    ",",
    "$1",
    ",",
    "$t$ ' $t$",
  ]);
  expect(values("select 'a\\', [b c], `d`, ?1 /* e /* f */, 'g'", "sqlite")).toEqual([
    "select",
    "'a\\'",
    ",",
    "b c",
    ",",
    "d",
    ",",
    "?1",
    ",",
    "'g'",
  ]);
});

test("an escaped text goes on in the next line with its backslashes", () => {
  expect(values("select E'a' -- b\n\n  '\\' , ' || pg_notify('c', 'd') --'", "postgres")).toContain("pg_notify");
  expect(values("select 'a'\n'\\' , ' || pg_notify('", "postgres")).not.toContain("pg_notify");
});

test.each(["select 'a", 'select "a', "select $t$ a", "select $t$ a $u$", "/* a /* b */", "select E'a\\'"])(
  "%s is not closed",
  (sql) => {
    expect(() => readTokens(sql, "postgres")).toThrow(/does not close/);
  },
);

test("a text made to be read again and again is read once", () => {
  const tags = Array.from({ length: 9_000 }, (_, index) => `$a${index}$`).join(" ");
  expect(() => readTokens(tags, "postgres")).toThrow(/does not close/);
  expect(readTokens("(".repeat(50_000), "postgres")).toHaveLength(50_000);
  expect(readTokens(`E'a' ${"--\n".repeat(16_000)}${"-".repeat(1_000)}`, "postgres")).toHaveLength(1);
  expect(readTokens(`'${"''".repeat(24_000)}'`, "sqlite")).toHaveLength(1);
});
