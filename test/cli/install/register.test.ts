import { execFileSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, test } from "vitest";
import { register, unregister } from "../../../src/cli/install/register.ts";
import { temporaryFolder } from "../../support/config.ts";
import { all, clientOf, fixtureOf, read, settle } from "../../support/client-settings.ts";

describe.each(all)("the settings of %s", (id, client) => {
  test("get the entry and lose nothing", async () => {
    const before = fixtureOf(id, client);
    const { registration, entry, text } = settle(id, before);
    await register(registration, entry, { replace: false });
    const { axoner, ...others } = read(client, text())[client.servers] ?? {};
    expect(axoner).toEqual(entry);
    const was = read(client, before.toString());
    expect({ ...read(client, text()), [client.servers]: others }).toEqual({ [client.servers]: {}, ...was });
    const comments = before.toString().match(/(\/\/ |\/\* |# ).*/g) ?? [];
    for (const comment of comments) expect(text()).toContain(comment.trimEnd());
  });

  test("become what they were, byte by byte", async () => {
    const before = fixtureOf(id, client);
    const { file, registration, entry } = settle(id, before);
    await register(registration, entry, { replace: false });
    expect(readFileSync(file).equals(before)).toBe(false);
    await register(registration, { ...entry, args: ["/newer/axoner/dist/mcp-server.js"] }, { replace: false });
    expect(await unregister(registration)).toMatchObject({ done: "restored" });
    expect(readFileSync(file).equals(before)).toBe(true);
    expect(readdirSync(dirname(file))).toHaveLength(1);
  });

  test("are made where there are none, and taken away again", async () => {
    const { file, registration, entry, text } = settle(id);
    await register(registration, entry, { replace: false });
    expect(read(client, text())).toEqual({ [client.servers]: { axoner: entry } });
    await unregister(registration);
    expect(existsSync(file)).toBe(false);
  });

  test("keep what was changed since, when the entry is taken out", async () => {
    const { file, registration, entry, text } = settle(id, fixtureOf(id, client));
    await register(registration, entry, { replace: false });
    const added =
      client.format === "toml" ? `${text()}\n[mcp_servers.late]\ncommand = "late"\n` : `${text()}\n// late\n`;
    writeFileSync(file, added);
    expect(await unregister(registration)).toMatchObject({ done: "removed" });
    expect(text()).toContain("late");
    expect(read(client, text())[client.servers]).not.toHaveProperty("axoner");
    const { late: _late, ...servers } = read(client, text())[client.servers] ?? {};
    expect(servers).toEqual(read(client, fixtureOf(id, client).toString())[client.servers] ?? {});
  });
});

test("a second time nothing changes, and another version takes the place of the first", async () => {
  const { file, registration, entry, text } = settle("cursor", fixtureOf("cursor", clientOf("cursor")));
  expect(await register(registration, entry, { replace: false })).toMatchObject({ done: "added" });
  const { mtimeNs } = statSync(file, { bigint: true });
  expect(await register(registration, entry, { replace: false })).toMatchObject({ done: "unchanged" });
  expect(statSync(file, { bigint: true }).mtimeNs).toBe(mtimeNs);
  const newer = { ...entry, args: ["/newer/axoner/dist/mcp-server.js"] };
  expect(await register(registration, newer, { replace: false })).toMatchObject({ done: "replaced" });
  expect(read(clientOf("cursor"), text())["mcpServers"]?.["axoner"]).toEqual(newer);
});

describe("another server of that name", () => {
  const taken = '{ "mcpServers": { "axoner": { "command": "other-server" } } }\n';

  test("stays, and the error says what to do", async () => {
    const { registration, entry, text, file } = settle("cursor", taken);
    await expect(register(registration, entry, { replace: false })).rejects.toThrow(
      `${file} has a server "axoner" already that is not axoner; choose another name with --name`,
    );
    await expect(unregister(registration)).rejects.toThrow("is left as it is");
    expect(text()).toBe(taken);
  });

  test("is replaced when that is asked for, and comes back", async () => {
    const { registration, entry, text } = settle("cursor", taken);
    await register(registration, entry, { replace: true });
    expect(read(clientOf("cursor"), text())["mcpServers"]?.["axoner"]).toEqual(entry);
    await unregister(registration);
    expect(text()).toBe(taken);
  });
});

describe("settings that cannot be edited stay as they are", () => {
  test.each([
    ["cursor", '{ "mcpServers": { ', "is not valid JSON"],
    ["cursor", "[]", "does not hold a JSON object"],
    ["cursor", '{ "mcpServers": [] }', 'has a "mcpServers" that is not an object'],
    ["cursor", '{ "mcpServers": {}, "mcpServers": {} }', 'has the key "mcpServers" twice'],
    ["codex", "model = ", "is not valid TOML"],
    ["codex", "mcp_servers = 5\n", 'has a "mcp_servers" that is not a table'],
    ["codex", 'mcp_servers = { docs = { command = "uvx" } }\n', "writes its servers in a way that cannot be edited"],
    ["codex", 'mcp_servers.axoner.command = "axoner"\n', "writes its servers in a way that cannot be edited"],
  ])("%s: %s", async (id, content, message) => {
    const { file, registration, entry, text } = settle(id, content);
    await expect(register(registration, entry, { replace: false })).rejects.toThrow(`${file} ${message}`);
    expect(text()).toBe(content);
    expect(readdirSync(dirname(file))).toHaveLength(1);
  });

  test("bytes that are no text", async () => {
    const { registration, entry } = settle("cursor", Buffer.from([0x7b, 0xff, 0x7d]));
    await expect(register(registration, entry, { replace: false })).rejects.toThrow("it is not UTF-8");
  });

  test("a file that is read-only", async () => {
    const { file, registration, entry } = settle("cursor", "{}");
    chmodSync(file, 0o444);
    await expect(register(registration, entry, { replace: false })).rejects.toThrow(
      "is read-only; nothing was changed",
    );
    expect(readdirSync(dirname(file))).toHaveLength(1);
  });

  test.each([
    ["a folder", (file: string) => mkdirSync(file)],
    ["a pipe", (file: string) => execFileSync("mkfifo", [file])],
    ["a link to a device", (file: string) => symlinkSync("/dev/zero", file)],
    ["a link to itself", (file: string) => symlinkSync(file, file)],
  ])("%s", async (_what, make) => {
    const { file, registration, entry } = settle("cursor");
    make(file);
    const reason = new RegExp(`^${file} (is no file|cannot be read)`);
    await expect(register(registration, entry, { replace: false })).rejects.toThrow(reason);
    await expect(unregister(registration)).rejects.toThrow(reason);
    expect(readdirSync(dirname(file))).toHaveLength(1);
  });

  test.each([
    ["cursor", `{"a": ${"[".repeat(100_000)}${"]".repeat(100_000)}}`],
    ["codex", `a = ${"[".repeat(100_000)}${"]".repeat(100_000)}\n`],
  ])("%s: what is nested without end", async (id, content) => {
    const { registration, entry, text } = settle(id, content);
    await expect(register(registration, entry, { replace: false })).rejects.toThrow(/nested/);
    expect(text()).toBe(content);
  });

  test("a read-only file that has the entry keeps it", async () => {
    const { file, registration, entry, text } = settle("cursor", "{}");
    await register(registration, entry, { replace: false });
    const before = text();
    chmodSync(file, 0o444);
    await expect(unregister(registration)).rejects.toThrow("is read-only; nothing was changed");
    expect(text()).toBe(before);
  });

  test("a link to a file that is read-only", async () => {
    const { file, registration, entry } = settle("cursor");
    const real = join(temporaryFolder(), "mcp.json");
    writeFileSync(real, "{}", { mode: 0o444 });
    symlinkSync(real, file);
    await expect(register(registration, entry, { replace: false })).rejects.toThrow(`${real} is read-only`);
    expect(readFileSync(real, "utf8")).toBe("{}");
  });

  test("a link that leads nowhere", async () => {
    const { file, registration, entry } = settle("cursor");
    symlinkSync(`${file}.gone`, file);
    await expect(register(registration, entry, { replace: false })).rejects.toThrow("cannot be read");
    expect(existsSync(`${file}.gone`)).toBe(false);
  });
});

test("a link stays a link, and the file it leads to keeps its permissions", async () => {
  const { file, registration, entry } = settle("cursor");
  const real = join(temporaryFolder(), "dotfiles", "mcp.json");
  mkdirSync(dirname(real));
  writeFileSync(real, "{}", { mode: 0o640 });
  symlinkSync(real, file);
  await register(registration, entry, { replace: false });
  expect(readFileSync(real, "utf8")).toContain("axoner");
  expect(statSync(real).mode & 0o777).toBe(0o640);
  await unregister(registration);
  expect(readFileSync(file, "utf8")).toBe("{}");
});

test("what was written in tabs and CRLF goes on in tabs and CRLF", async () => {
  const { registration, entry, text } = settle("cursor", fixtureOf("cursor", clientOf("cursor")));
  await register(registration, entry, { replace: false });
  expect(text().match(/(?<!\r)\n/)).toBeNull();
  expect(text()).toMatch(/\r\n\t\t"axoner": \{\r\n\t\t\t"type"/);
});

test.each([
  ["cursor", "// mine\n/* nothing yet */\n"],
  ["codex", '[mcp_servers."axoner.old"]\ncommand = "old"\n'],
])("%s: an entry is put beside %j, and taken out again", async (id, content) => {
  const { registration, entry, text } = settle(id, content);
  await register(registration, entry, { replace: false });
  expect(text()).toContain(content.trim());
  expect(read(clientOf(id), text())[clientOf(id).servers]?.["axoner"]).toEqual(entry);
  await unregister(registration);
  expect(text()).toBe(content);
});

test("a comment that never ends is refused", async () => {
  const { registration, entry } = settle("cursor", "/* mine");
  await expect(register(registration, entry, { replace: false })).rejects.toThrow("is not valid JSON");
});
