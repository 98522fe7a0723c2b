import { describe, expect, onTestFinished, test } from "vitest";
import { listenHttp } from "../../src/mcp/http.ts";
import { runConformance, scored } from "../support/conformance/run.ts";
import { createConformanceServer } from "../support/conformance/server.ts";

/** The suite's own server on our transport. */
async function startFixture(): Promise<string> {
  const endpoint = await listenHttp({ host: "127.0.0.1", port: 0, hosts: [], createServer: createConformanceServer });
  onTestFinished(() => endpoint.close());
  return endpoint.url;
}

describe("what a revision requires, of the suite's own server on our transport", () => {
  test("2025-11-25", { timeout: 120_000 }, async () => {
    const result = await runConformance(await startFixture(), "2025-11-25");
    expect(scored(result)).toEqual({ scenarios: 30, passed: 70, failed: [], vacuous: [] });
    expect(result.counts).toMatchObject({
      "server-session-lifecycle": { failed: 0 },
      "server-sse-polling": { failed: 0 },
    });
  });

  test("2026-07-28", { timeout: 120_000 }, async () => {
    const result = await runConformance(await startFixture(), "2026-07-28");
    expect(scored(result)).toEqual({ scenarios: 37, passed: 118, failed: [], vacuous: [] });
    expect(result.counts).toMatchObject({ "http-header-validation": { passed: 14, failed: 0 } });
  });
});
