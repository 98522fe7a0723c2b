import { expect, test } from "vitest";
import { addTo, nothingSpent, spentText } from "../../src/cli/chat/talk.ts";
import { columnsOf } from "../../src/cli/terminal/stream.ts";

const usage = { input_tokens: 10, output_tokens: 2 };

test("a turn that was not counted takes no price away: it is at least that", () => {
  const counted = addTo(nothingSpent, { usage, cost_usd: 0.25 });
  expect(spentText(counted)).toBe("$0.2500");
  const cancelled = addTo(counted, { usage, cost_usd: null });
  expect(spentText(cancelled)).toBe("≥ $0.2500");
  expect(spentText(addTo(cancelled, { usage, cost_usd: 0.25 }))).toBe("≥ $0.5000");
  expect(spentText(addTo(nothingSpent, { usage, cost_usd: null }))).toBeUndefined();
});

test.each([
  [undefined, 80],
  [0, 80],
  [10, 20],
  [132, 132],
])("a terminal that says %s columns is drawn for %i", (columns, expected) => {
  expect(columnsOf(columns === undefined ? {} : { columns })).toBe(expected);
});
