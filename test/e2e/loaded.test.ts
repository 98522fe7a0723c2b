import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { temporaryFolder } from "../support/config.ts";
import { startServer, type RunningServer } from "../support/server.ts";

const tellLoaded = new URL("../support/tell-loaded.ts", import.meta.url).href;

function startTelling(cwd: string): RunningServer {
  return startServer({ cwd, env: { NODE_OPTIONS: `--import=${tellLoaded}` } });
}

/** The files of ours that the server process has loaded, and the packages bundled in them. */
async function loadedBy(server: RunningServer) {
  server.child.stdin.end();
  await server.exited;
  const urls = [...server.stderr().matchAll(/^loaded (file:\S+)$/gm)].map(([, url = ""]) => url);
  const texts = urls.filter((url) => url.includes("/dist/")).map((url) => readFileSync(fileURLToPath(url), "utf8"));
  const packages = texts.flatMap((text) =>
    [...text.matchAll(/^\/\/ node_modules\/((?:@[^/]+\/)?[^/]+)\//gm)].map(([, name]) => name),
  );
  const others = urls.flatMap((url) => /\/node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(url)?.[1] ?? []);
  return { packages: [...new Set([...packages, ...others])], chars: texts.join("").length };
}

test("the list of tools is answered without any package", async () => {
  const server = startTelling(temporaryFolder());
  expect((await server.request("tools/list"))["result"]).toHaveProperty("tools");
  const { packages, chars } = await loadedBy(server);
  expect(packages).toEqual([]);
  expect(chars).toBeGreaterThan(10_000);
});

test("rows of a CSV file are read with nothing but papaparse", async () => {
  const folder = temporaryFolder();
  writeFileSync(join(folder, "a.csv"), "a,b\n1,2\n");
  const server = startTelling(folder);
  expect(await server.call("read_rows", { source: "a.csv" })).toMatchObject({
    structuredContent: { rows: [["1", "2"]] },
  });
  expect((await loadedBy(server)).packages).toEqual(["papaparse"]);
});
