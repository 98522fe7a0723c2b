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

test("a line of wide characters stays one, and one that a narrower screen has broken is taken back whole", () => {
  const written: string[] = [];
  const screen = { isTTY: true, columns: 40, write: (text: string) => written.push(text) > 0 };
  const report = openProgress(screen as never, true);
  report.update("東京".repeat(40));
  expect(written).toEqual([`${"東京".repeat(9)}東`]);
  report.clear();
  report.update("x".repeat(100));
  screen.columns = 20;
  report.clear();
  expect(written.slice(1)).toEqual(["\r\u001b[J", "x".repeat(39), "\r\u001b[1A\u001b[J"]);
});
