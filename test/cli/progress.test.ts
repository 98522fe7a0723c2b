import { expect, test } from "vitest";
import { openProgress } from "../../src/cli/progress.ts";

function openTerminal(isTTY: boolean) {
  const written: string[] = [];
  return {
    written,
    report: openProgress({ isTTY, columns: 80, write: (text: string) => written.push(text) > 0 } as never, isTTY),
  };
}

test("on a terminal ten thousand updates are a few drawings of one line, which leaves nothing behind", () => {
  const { written, report } = openTerminal(true);
  for (let done = 0; done < 10_000; done += 1) report.update(`scrape: ${done} of 10000, ${"x".repeat(200)}`);
  report.clear();
  expect(written.length).toBeLessThan(2_000);
  expect(written[0]).toHaveLength(79);
  expect(written.at(-1)).toBe("\r\u001b[J");
});

test("elsewhere they are no line at all before some seconds have passed", () => {
  const { written, report } = openTerminal(false);
  for (let done = 0; done < 1_000; done += 1) report.update(`scrape: ${done}`);
  report.clear();
  expect(written).toEqual([]);
});
