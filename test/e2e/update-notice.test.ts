import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { temporaryFolder } from "../support/config.ts";
import { openTestProxy } from "../support/proxy.ts";
import { runCli } from "../support/run-cli.ts";
import { builtCli } from "../support/server.ts";
import { openSite, reply, type Route } from "../support/site.ts";
import { openTerminal } from "../support/terminal.ts";

const tags = "/-/package/axoner/dist-tags";

async function openRegistry(route: Route) {
  const site = await openSite({ [tags]: route });
  onTestFinished(site.close);
  return site;
}

function openHome() {
  const home = temporaryFolder();
  const path = join(home, ".local/state/axoner/updates.json");
  return {
    home,
    path,
    state: () => (existsSync(path) ? (JSON.parse(readFileSync(path, "utf8")) as Record<string, unknown>) : undefined),
  };
}

/** Run the command on a terminal to its end, and give what stands there. */
async function onTerminal(
  home: string,
  registry: string,
  { env = {}, args = ["engine", "status"] }: { env?: object; args?: string[] } = {},
) {
  const environment = {
    PATH: "/usr/bin:/bin",
    HOME: home,
    NO_UPDATE_NOTIFIER: "",
    npm_config_registry: registry,
    ...env,
  };
  const terminal = openTerminal([process.execPath, builtCli, ...args], { columns: 160, cwd: home, environment });
  onTestFinished(() => terminal.close());
  await terminal.ended;
  await expect.poll(() => terminal.lines().length).toBeGreaterThan(0);
  return terminal.lines().join("\n");
}

test("a newer version is told by the next command, once a day, and asked for once a day", async () => {
  const registry = await openRegistry(reply('{"latest": "99.1.2"}'));
  const { home, state, path } = openHome();
  expect(await onTerminal(home, registry.origin)).not.toContain("99.1.2");
  await expect.poll(() => state()?.["latest"], { timeout: 20_000 }).toBe("99.1.2");
  expect(await onTerminal(home, registry.origin)).toMatch(
    /axoner 99\.1\.2 can be had; this is \d+\.\d+\.\d+\. Update: npm install/,
  );
  expect(await onTerminal(home, registry.origin)).not.toContain("99.1.2");
  expect(registry.requested).toEqual([tags]);
  writeFileSync(path, JSON.stringify({ ...state(), toldAt: Date.now() - 90_000_000 }));
  expect(await onTerminal(home, registry.origin)).toContain("99.1.2");
});

test("stdout has the result alone, and where stderr is no terminal nothing is told or asked", async () => {
  const registry = await openRegistry(reply('{"latest": "99.1.2"}'));
  const { home, path } = openHome();
  mkdirSync(join(path, ".."), { recursive: true });
  writeFileSync(path, '{"latest": "99.1.2", "askedAt": 0, "toldAt": 0}');
  const env = { HOME: home, npm_config_registry: registry.origin };
  const { stdout, stderr } = await runCli(["engine", "--json"], { cwd: home, env });
  expect({ stdout, stderr }).toEqual({ stdout: '{"engines":[]}\n', stderr: "" });
  const shell = `'${process.execPath}' '${builtCli}' engine --json > out`;
  const environment = {
    PATH: "/usr/bin:/bin",
    HOME: home,
    NO_UPDATE_NOTIFIER: "",
    npm_config_registry: registry.origin,
  };
  const terminal = openTerminal(["/bin/sh", "-c", shell], { columns: 160, cwd: home, environment });
  onTestFinished(() => terminal.close());
  await terminal.shows("99.1.2");
  await terminal.ended;
  expect(readFileSync(join(home, "out"), "utf8")).toBe('{"engines":[]}\n');
});

describe("nothing is told and nothing asked", () => {
  const file = JSON.stringify({ update_notice: "off" });
  test.each([
    ["AXONER_UPDATE_NOTICE", { env: { AXONER_UPDATE_NOTICE: "off" } }, ""],
    ["CI", { env: { CI: "true" } }, ""],
    ["NO_UPDATE_NOTIFIER", { env: { NO_UPDATE_NOTIFIER: "1" } }, ""],
    ["the option", { args: ["engine", "--update-notice", "off"] }, ""],
    ["the configuration file", {}, file],
    ["a command that only tells of itself", { args: ["--version"] }, ""],
  ])("with %s", async (_what, options, settings) => {
    const registry = await openRegistry(reply('{"latest": "99.1.2"}'));
    const { home, path, state } = openHome();
    mkdirSync(join(path, ".."), { recursive: true });
    const before = { latest: "99.1.2", askedAt: 0, toldAt: 0 };
    writeFileSync(path, JSON.stringify(before));
    if (settings !== "") {
      mkdirSync(join(home, ".config/axoner"), { recursive: true });
      writeFileSync(join(home, ".config/axoner/axoner.json"), settings);
    }
    expect(await onTerminal(home, registry.origin, options)).not.toContain("99.1.2");
    expect(state()).toEqual(before);
    expect(registry.requested).toEqual([]);
  });
});

test("the server never tells nor asks, on a terminal either", async () => {
  const registry = await openRegistry(reply('{"latest": "99.1.2"}'));
  const { home, state } = openHome();
  const environment = {
    PATH: "/usr/bin:/bin",
    HOME: home,
    NO_UPDATE_NOTIFIER: "",
    npm_config_registry: registry.origin,
  };
  const terminal = openTerminal([process.execPath, builtCli, "mcp"], { columns: 200, cwd: home, environment });
  onTestFinished(() => terminal.close());
  terminal.type('{"jsonrpc":"2.0","id":1,"method":"ping"}\r');
  await terminal.shows('"result":{}');
  terminal.type("\u0004");
  expect(await terminal.ended).toBe(0);
  expect(state()).toBeUndefined();
  expect(registry.requested).toEqual([]);
});

describe("a registry that", () => {
  test("does not answer is waited for by nobody", async () => {
    let answer = () => {};
    const registry = await openRegistry((response) => {
      answer = () => response.end('{"latest": "99.1.2"}');
    });
    const { home, state } = openHome();
    await onTerminal(home, registry.origin);
    await expect.poll(() => registry.requested, { timeout: 20_000 }).toEqual([tags]);
    expect(state()).toMatchObject({ askedAt: expect.any(Number) as number });
    expect(state()?.["latest"]).toBeUndefined();
    answer(); // it is asked still, although the command has long ended
    await expect.poll(() => state()?.["latest"], { timeout: 20_000 }).toBe("99.1.2");
  });

  test.each([
    ["has another page", reply("<html>", {}, 200)],
    ["knows no such package", reply("{}", {}, 404)],
    ["names what a terminal would obey", reply('{"latest": "99.1.2\\u001b]0;x\\u0007"}')],
    ["never ends", reply(`{"latest": "99.1.2", "x": "${"x".repeat(100_000)}"}`)],
  ])("%s changes nothing", async (_what, route) => {
    const registry = await openRegistry(route);
    const { home, state } = openHome();
    await onTerminal(home, registry.origin);
    await expect.poll(() => registry.requested, { timeout: 20_000 }).toEqual([tags]);
    expect(await onTerminal(home, registry.origin)).not.toContain("99.1.2");
    expect(state()?.["latest"]).toBeUndefined();
  });

  test("lies behind the proxy is asked through it", async () => {
    const proxy = await openTestProxy({ answer: "HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n" });
    onTestFinished(proxy.close);
    const { home } = openHome();
    const env = { HTTP_PROXY: `http://me:secret@${proxy.host}`, NO_PROXY: "127.0.0.1" };
    await onTerminal(home, "http://registry.test", { env });
    await expect
      .poll(() => proxy.asked, { timeout: 20_000 })
      .toEqual([
        { line: "CONNECT registry.test:80", authorization: `Basic ${Buffer.from("me:secret").toString("base64")}` },
      ]);
  });
});
