import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, test } from "vitest";
import { register, unregister } from "../../../src/cli/install/register.ts";
import { clientOf, read, settle } from "../../support/client-settings.ts";

describe("what --replace took away comes back where the settings were changed since", () => {
  const mine = { command: "my-tool", env: { K: "only copy" }, level: 3, on: true };
  const settings = {
    cursor: JSON.stringify({ mcpServers: { axoner: mine } }),
    codex: `[mcp_servers.axoner]\ncommand = "my-tool"\nlevel = 3\non = true\n\n[mcp_servers.axoner.env]\nK = "only copy"\n`,
  };
  const later = {
    cursor: (text: string) => text.replace("{", '{"theme":1,'),
    codex: (text: string) => `theme = 1\n${text}`,
  };

  test.each(["cursor", "codex"] as const)("%s", async (id) => {
    const { file, registration, entry, text } = settle(id, settings[id]);
    await register(registration, entry, { replace: true });
    await register(registration, { ...entry, args: [...entry.args, "--root", "/docs"] }, { replace: false });
    writeFileSync(file, later[id](text()));
    expect(await unregister(registration)).toMatchObject({ done: "returned" });
    expect(read(clientOf(id), text())).toEqual({ theme: 1, [clientOf(id).servers]: { axoner: mine } });
    expect(readdirSync(dirname(file))).toHaveLength(1);
  });

  test("a copy that cannot be read any more stays", async () => {
    const { file, registration, entry, text } = settle("cursor", settings.cursor);
    await register(registration, entry, { replace: true });
    writeFileSync(`${file}.before-axoner`, "{ half");
    expect(await unregister(registration)).toMatchObject({ done: "removed", copy: `${file}.before-axoner` });
    expect(read(clientOf("cursor"), text())).toEqual({ mcpServers: {} });
    expect(readFileSync(`${file}.before-axoner`, "utf8")).toBe("{ half");
  });

  test("one that was taken out by hand is still kept when axoner is registered again", async () => {
    const { file, registration, entry } = settle("cursor", settings.cursor);
    await register(registration, entry, { replace: true });
    writeFileSync(file, "{}");
    await register(registration, entry, { replace: false });
    const kept = readdirSync(dirname(file)).map((name) => readFileSync(join(dirname(file), name), "utf8"));
    expect(kept).toContain(settings.cursor);
  });

  test("each name has its own", async () => {
    const { file, registration, entry, text } = settle("cursor", settings.cursor);
    const second = { ...registration, name: "second" };
    await register(registration, entry, { replace: true });
    await register(second, entry, { replace: false });
    await unregister(second);
    await unregister(registration);
    expect(text()).toBe(settings.cursor);
    expect(readdirSync(dirname(file))).toHaveLength(1);
  });
});

describe("an entry for axoner that somebody wrote", () => {
  const own = {
    cursor:
      '{"mcpServers":{"axoner":{"command":"npx","args":["-y","axoner"],"env":{"BRAVE_API_KEY":"x"},"alwaysAllow":["scrape"]}}}',
    codex:
      '[mcp_servers.axoner]\ncommand = "axoner"\nargs = ["mcp"]\nstartup_timeout_sec = 60\n\n[mcp_servers.axoner.env]\nA = "b"\n',
  };

  test.each(["cursor", "codex"] as const)("keeps its other keys and is copied: %s", async (id) => {
    const { file, registration, entry, text } = settle(id, own[id]);
    const before = read(clientOf(id), own[id])[clientOf(id).servers]?.["axoner"] as object;
    const { copy } = await register(registration, entry, { replace: false });
    expect(copy).toBe(`${file}.before-axoner`);
    expect(read(clientOf(id), text())[clientOf(id).servers]?.["axoner"]).toEqual({ ...before, ...entry });
    expect(await register(registration, entry, { replace: false })).toMatchObject({ done: "unchanged" });
    await unregister(registration);
    expect(text()).toBe(own[id]);
  });
});
