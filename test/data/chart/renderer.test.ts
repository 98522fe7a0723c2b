import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { openChartRenderer, type ChartRenderer } from "../../../src/data/chart/renderer.ts";
import type { JsonObject } from "../../../src/message.ts";

let renderer: ChartRenderer;

afterEach(() => renderer.close());

const { signal } = new AbortController();

function task(data: JsonObject) {
  const encoding = { x: { field: "data", type: "quantitative" }, y: { field: "data", type: "quantitative" } };
  return { spec: { data, mark: "point", encoding }, svg: true, png: false };
}

const small = task({ values: [{ data: 1 }, { data: 2 }] });
const endless = task({ sequence: { start: 0, stop: 40_000_000 } });

test("a picture that takes too long is given up, and the next one is drawn", async () => {
  renderer = openChartRenderer({ timeMs: 1_500, memoryMb: 4_000 });
  await expect(renderer.draw(endless, signal)).rejects.toMatchObject({ code: "timeout" });
  expect((await renderer.draw(small, signal)).svg).toContain("<svg");
});

test("a picture that takes too much memory does not take this process with it", async () => {
  renderer = openChartRenderer({ memoryMb: 64 });
  await expect(renderer.draw(endless, signal)).rejects.toMatchObject({ code: "too_large" });
});

test("an abort stops the drawing", async () => {
  renderer = openChartRenderer({ memoryMb: 4_000 });
  const stop = new AbortController();
  const drawing = renderer.draw(endless, stop.signal);
  setTimeout(() => stop.abort(new Error("enough")), 1_000);
  await expect(drawing).rejects.toThrow("enough");
  // one process draws: it could not yet, were the other picture still being drawn
  expect((await renderer.draw(small, signal)).svg).toContain("<svg");
});

test("nothing is loaded, whatever a specification names", async () => {
  renderer = openChartRenderer();
  const folder = await mkdtemp(join(tmpdir(), "axoner-chart-"));
  await writeFile(join(folder, "secret.json"), '[{"data":"SECRET"}]');
  const encoding = { y: { field: "data", type: "nominal" } };
  const drawn = (data: JsonObject) =>
    renderer.draw({ spec: { data, mark: "bar", encoding }, svg: true, png: false }, signal);
  expect((await drawn({ values: [{ data: "SECRET" }] })).svg).toContain("SECRET");
  expect((await drawn({ url: `file://${folder}/secret.json` })).svg).not.toContain("SECRET");
  expect((await drawn({ url: join(folder, "secret.json") })).svg).not.toContain("SECRET");
  await rm(folder, { recursive: true });
});
