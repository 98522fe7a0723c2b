import { expect, test } from "vitest";
import { bunzip2 } from "../../../src/data/packed/bzip2.ts";

/** A text that never repeats itself, and yet takes little: each is the one before it and the one before that. */
function fibonacciLines(sizeBytes: number): string {
  let [before, word] = ["2\n", "2\n1\n"];
  while (word.length < sizeBytes) [before, word] = [word, word + before];
  return word.slice(0, sizeBytes);
}

async function unpack(packed: Buffer, stepBytes: number): Promise<Buffer> {
  const steps = Array.from({ length: Math.ceil(packed.length / stepBytes) }, (_, index) => index * stepBytes);
  const chunks = (async function* () {
    for (const at of steps) yield await Promise.resolve(packed.subarray(at, at + stepBytes));
  })();
  const pieces: Uint8Array[] = [];
  for await (const piece of bunzip2(chunks, "a.bz2")) pieces.push(piece);
  return Buffer.concat(pieces);
}

// made by Python's bz2.compress
test.each([
  [
    "two blocks that never repeat themselves",
    "QlpoOTFBWSZTWaENRoQFjg1IAAAQMAAgAJAZgKSOJIqoO2K2C2VVskTaSgtkkqJmASqNpKpVFxJFVB2RUqonmKCskymsxQAPdgARIiQAAAgYABAAMBSQMxwhENlILmARW1CpNokGyKGyJmllIkjopKC8XckU4UJDIGpPlA==",
    fibonacciLines(1_000_000),
  ],
  [
    "blocks that are one short text over and over",
    "QlpoOTFBWSZTWeaacJwCSezIAAAQMAAgAFBmBNU00iClK5RBSlaRBSleYoKyTKazLKRbTAGGppAAACBgAEAAqGYClNMokoLqiSgsokoPC7kinChILbNmT4A=",
    "12\n".repeat(400_000),
  ],
  [
    "a run of one byte that is longer than what is given at once",
    "QlpoOTFBWSZTWbSsEc0AFvrICIAQAIBAAAAIIAAwzTQTVBvUgRb1JAi8XckU4UJC0rBHNA==",
    `${"7".repeat(3_000_000)}\n`,
  ],
])("%s come out as they went in, however their bytes arrive", async (_name, packed, text) => {
  for (const stepBytes of [7, 1_000]) {
    const unpacked = await unpack(Buffer.from(packed, "base64"), stepBytes);
    expect(unpacked.equals(Buffer.from(text))).toBe(true);
  }
});
