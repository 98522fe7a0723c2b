import { expect, test } from "vitest";
import { openLocalEngine } from "../../src/engine/local.ts";
import { ToolError } from "../../src/errors.ts";
import type { Services } from "../../src/tools/services.ts";
import { engineContract } from "../contracts/engine.ts";
import * as tools from "../support/engine-tools.ts";

const noServices = {} as Services; // these tools call none

engineContract("a local engine", async () =>
  openLocalEngine({ tools: Object.values(tools), services: () => noServices }),
);

test("services that do not open fail the call with their reason, and are asked again", async () => {
  let asked = 0;
  const engine = openLocalEngine({
    tools: [tools.echo],
    services() {
      asked++;
      if (asked === 1) throw new ToolError("unavailable", "the disk is full; free some space");
      return noServices;
    },
  });
  const call = () =>
    engine.call("echo", { text: "a" }, { signal: new AbortController().signal, progress: () => undefined });
  expect(await call()).toEqual({ ok: false, code: "unavailable", message: "the disk is full; free some space" });
  expect(await call()).toMatchObject({ ok: true });
});
