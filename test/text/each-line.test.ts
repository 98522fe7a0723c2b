import { Readable } from "node:stream";
import { expect, test } from "vitest";
import { eachLine } from "../../src/text/each-line.ts";

async function linesOf(...chunks: (string | Buffer)[]): Promise<string[]> {
  return Array.fromAsync(
    eachLine(
      Readable.from(
        chunks.map((chunk) => Buffer.from(chunk)),
        { objectMode: false },
      ),
    ),
  );
}

test("only a newline ends a line", async () => {
  const text = `{"a":"x\u2028y\u2029z\u0085\v\f"}`;
  expect(await linesOf(`${text}\n{"b":1}\n`)).toEqual([text, '{"b":1}']);
});

test("lines and characters go on from chunk to chunk", async () => {
  const bytes = Buffer.from("žluť 😀\nk\n\nend");
  expect(await linesOf(...Array.from(bytes, (byte) => Buffer.of(byte)))).toEqual(["žluť 😀", "k", "", "end"]);
});

test("an empty stream has no lines", async () => {
  expect(await linesOf()).toEqual([]);
  expect(await linesOf("\n")).toEqual([""]);
});
