import { describe, expect, test } from "vitest";
import { clients } from "../../../src/cli/install/clients.ts";
import type { Machine } from "../../../src/config/machine.ts";

const linux: Machine = { platform: "linux", home: "/home/mara", environment: {} };
const mac: Machine = { platform: "darwin", home: "/Users/mara", environment: {} };
const windows: Machine = {
  platform: "win32",
  home: String.raw`C:\Users\mara`,
  environment: { APPDATA: String.raw`C:\Users\mara\AppData\Roaming` },
};

describe("where each client keeps its settings", () => {
  test.each([
    [
      "claude-desktop",
      "/home/mara/.config/Claude/claude_desktop_config.json",
      "/Users/mara/Library/Application Support/Claude/claude_desktop_config.json",
      String.raw`C:\Users\mara\AppData\Roaming\Claude\claude_desktop_config.json`,
    ],
    ["claude-code", "/home/mara/.claude.json", "/Users/mara/.claude.json", String.raw`C:\Users\mara\.claude.json`],
    [
      "cursor",
      "/home/mara/.cursor/mcp.json",
      "/Users/mara/.cursor/mcp.json",
      String.raw`C:\Users\mara\.cursor\mcp.json`,
    ],
    [
      "vscode",
      "/home/mara/.config/Code/User/mcp.json",
      "/Users/mara/Library/Application Support/Code/User/mcp.json",
      String.raw`C:\Users\mara\AppData\Roaming\Code\User\mcp.json`,
    ],
    [
      "windsurf",
      "/home/mara/.codeium/windsurf/mcp_config.json",
      "/Users/mara/.codeium/windsurf/mcp_config.json",
      String.raw`C:\Users\mara\.codeium\windsurf\mcp_config.json`,
    ],
    [
      "zed",
      "/home/mara/.config/zed/settings.json",
      "/Users/mara/.config/zed/settings.json",
      String.raw`C:\Users\mara\AppData\Roaming\Zed\settings.json`,
    ],
    [
      "codex",
      "/home/mara/.codex/config.toml",
      "/Users/mara/.codex/config.toml",
      String.raw`C:\Users\mara\.codex\config.toml`,
    ],
    [
      "gemini",
      "/home/mara/.gemini/settings.json",
      "/Users/mara/.gemini/settings.json",
      String.raw`C:\Users\mara\.gemini\settings.json`,
    ],
    [
      "lm-studio",
      "/home/mara/.lmstudio/mcp.json",
      "/Users/mara/.lmstudio/mcp.json",
      String.raw`C:\Users\mara\.lmstudio\mcp.json`,
    ],
  ])("%s", (name, onLinux, onMac, onWindows) => {
    expect([linux, mac, windows].map((machine) => clients[name]?.file(machine))).toEqual([onLinux, onMac, onWindows]);
  });

  test("the folders that people move", () => {
    const moved = { CODEX_HOME: "/srv/codex", CLAUDE_CONFIG_DIR: "/srv/claude", XDG_CONFIG_HOME: "/srv/config" };
    const file = (name: string) => clients[name]?.file({ ...linux, environment: moved });
    expect(["codex", "claude-code", "vscode", "zed"].map(file)).toEqual([
      "/srv/codex/config.toml",
      "/srv/claude/.claude.json",
      "/srv/config/Code/User/mcp.json",
      "/srv/config/zed/settings.json",
    ]);
  });
});
