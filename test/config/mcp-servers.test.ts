import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { readMcpServers } from "../../src/config/mcp-servers.ts";
import { ConfigError } from "../../src/errors.ts";
import { temporaryFolder } from "../support/config.ts";

function read(content: unknown, environment: Record<string, string> = {}) {
  const folder = temporaryFolder();
  const path = join(folder, "mcp.json");
  writeFileSync(path, typeof content === "string" ? content : JSON.stringify(content));
  return { folder, servers: () => readMcpServers(path, environment) };
}

describe("--mcp-config", () => {
  test("takes what desktop clients have", () => {
    const { servers, folder } = read({
      mcpServers: {
        files: { command: "npx", args: ["-y", "files"], env: { LEVEL: 3 }, cwd: "sub" },
        remote: { type: "http", url: "https://example.org/mcp", headers: { "x-key": "k" } },
        old: { type: "sse", url: "https://example.org/sse" },
        off: { command: "x", disabled: true },
      },
    });
    expect(servers()).toEqual({
      files: { kind: "stdio", command: "npx", args: ["-y", "files"], env: { LEVEL: "3" }, cwd: join(folder, "sub") },
      remote: { kind: "http", url: "https://example.org/mcp", headers: { "x-key": "k" } },
      old: { kind: "sse", url: "https://example.org/sse", headers: {} },
    });
  });

  test("takes which tools only read from the user", () => {
    const { servers } = read({ mcpServers: { a: { command: "x", readOnlyTools: ["look"] } } });
    expect(servers()["a"]?.readOnlyTools).toEqual(["look"]);
    const wrong = read({ mcpServers: { a: { url: "https://a.example", readOnlyTools: "look" } } });
    expect(wrong.servers).toThrow(/the server "a": "readOnlyTools" must be a list of texts/);
  });

  test("puts in what the environment holds", () => {
    const { servers } = read(
      { mcpServers: { a: { command: "${BIN:-node}", args: ["${WHERE}"], env: { TOKEN: "${TOKEN}" } } } },
      { WHERE: "here", TOKEN: "secret" },
    );
    expect(servers()["a"]).toMatchObject({ command: "node", args: ["here"], env: { TOKEN: "secret" } });
  });

  test.each([
    ["no JSON", "{", /cannot be read/],
    ["no servers", {}, /must hold \{"mcpServers"/],
    ["a server that is none", { mcpServers: { a: 1 } }, /"a" must be an object/],
    ["neither command nor url", { mcpServers: { a: { url: "ftp://x" } } }, /"a" needs a "command".*or the http/],
    ["arguments that are no texts", { mcpServers: { a: { command: "x", args: [1] } } }, /"args" must be/],
    [
      "a variable that is not set",
      { mcpServers: { a: { command: "${NOT_SET}" } } },
      /needs NOT_SET in the environment/,
    ],
  ])("with %s is a ConfigError", (_what, content, message) => {
    const { servers } = read(content);
    expect(servers).toThrow(ConfigError);
    expect(servers).toThrow(message);
  });
});
