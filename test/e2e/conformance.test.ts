import { expect, test } from "vitest";
import { temporaryFolder } from "../support/config.ts";
import { runConformance } from "../support/conformance/run.ts";
import { startListening } from "../support/listening-server.ts";
import { alone, builtServer } from "../support/server.ts";

/** What the suite can ask of a server that has not the tools, resources and prompts it describes. */
const needsNoFixture = {
  "2025-11-25": [
    "server-initialize",
    "ping",
    "tools-list",
    "tools-call-error",
    "server-sse-multiple-streams",
    "resources-list",
    "prompts-list",
    "dns-rebinding-protection",
    "server-session-lifecycle",
  ],
  "2026-07-28": [
    "tools-list",
    "tools-call-error",
    "server-sse-multiple-streams",
    "resources-list",
    "prompts-list",
    "sep-2164-resource-not-found",
    "dns-rebinding-protection",
    "input-required-result-unsupported-methods",
    "http-header-validation",
  ],
};

test.each(Object.entries(needsNoFixture))(
  "%s, of the server that is shipped",
  { timeout: 120_000 },
  async (revision, scenarios) => {
    const cwd = temporaryFolder();
    const env = { PATH: process.env["PATH"] ?? "", HOME: cwd, ...alone };
    const url = await startListening({ command: process.execPath, args: [builtServer, "--root", cwd], cwd, env });
    const { counts } = await runConformance(url.href, revision);
    const failed = scenarios.filter((name) => counts[name]?.failed !== 0 || counts[name].passed === 0);
    expect(failed).toEqual([]);
  },
);
