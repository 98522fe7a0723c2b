import { readFileSync } from "node:fs";
import { posix, win32 } from "node:path";
import type { Machine } from "../../config/machine.ts";

/** A program that starts MCP servers, and how it is told of one. */
export interface Client {
  /** As the user would write its name. */
  title: string;
  format: "json" | "toml";
  /** Where its own settings lie. */
  file(machine: Machine): string;
  /** The key under which it keeps its servers. */
  servers: string;
  /** The key under which it keeps what holds in one folder alone, by the folder; its servers are there under `servers` too. */
  folders?: string;
  /** What its entry has besides `command` and `args`. */
  extra?: Readonly<Record<string, string>>;
  /** Whether it starts servers in the folder of the project that is open, so that they can read it without `--root`. */
  startsInProject: boolean;
  /**
   * What a server is started with: all of the client's environment, the few variables that the MCP SDK hands on, or
   * those with the PATH that the system gives to programs with windows.
   */
  environment: "all" | "few" | "system";
  /**
   * When the server is to answer with a job: below the client's own limit for a call, which is a minute where it is
   * that of the MCP SDK and was not raised.
   */
  answerWithin: string;
  /** What makes it read its settings again. */
  restart: string;
}

const quit = "quit it and start it again";

/** Every client, by the name that `axoner install` takes. A new one is an entry here and a settings file in its test. */
export const clients: Readonly<Record<string, Client>> = {
  "claude-desktop": {
    title: "Claude Desktop",
    format: "json",
    file: (machine) => join(machine, applicationData(machine), "Claude", "claude_desktop_config.json"),
    servers: "mcpServers",
    startsInProject: false,
    environment: "system",
    answerWithin: "50s",
    restart: quit,
  },
  "claude-code": {
    title: "Claude Code",
    format: "json",
    file: (machine) => join(machine, machine.environment["CLAUDE_CONFIG_DIR"] || machine.home, ".claude.json"),
    servers: "mcpServers",
    folders: "projects",
    extra: { type: "stdio" },
    startsInProject: true,
    environment: "all",
    answerWithin: "5m",
    restart: "start a new session",
  },
  cursor: {
    title: "Cursor",
    format: "json",
    file: (machine) => join(machine, machine.home, ".cursor", "mcp.json"),
    servers: "mcpServers",
    extra: { type: "stdio" },
    startsInProject: false,
    environment: "few",
    answerWithin: "50s",
    restart: "switch the server on in its settings, under MCP",
  },
  vscode: {
    title: "Visual Studio Code",
    format: "json",
    file: (machine) => join(machine, applicationData(machine), "Code", "User", "mcp.json"),
    servers: "servers",
    extra: { type: "stdio" },
    startsInProject: false,
    environment: "all",
    answerWithin: "5m",
    restart: "run `MCP: List Servers` and start it",
  },
  windsurf: {
    title: "Windsurf",
    format: "json",
    file: (machine) => join(machine, machine.home, ".codeium", "windsurf", "mcp_config.json"),
    servers: "mcpServers",
    startsInProject: false,
    environment: "few",
    answerWithin: "50s",
    restart: "press Refresh in its list of MCP servers",
  },
  zed: {
    title: "Zed",
    format: "json",
    file: (machine) =>
      machine.platform === "win32"
        ? join(machine, applicationData(machine), "Zed", "settings.json")
        : join(machine, configuration(machine), "zed", "settings.json"),
    servers: "context_servers",
    extra: { source: "custom" },
    startsInProject: true,
    environment: "all",
    answerWithin: "50s",
    restart: "it reads them at once",
  },
  codex: {
    title: "Codex",
    format: "toml",
    file: (machine) =>
      join(machine, machine.environment["CODEX_HOME"] || join(machine, machine.home, ".codex"), "config.toml"),
    servers: "mcp_servers",
    startsInProject: true,
    environment: "few",
    answerWithin: "50s",
    restart: "start a new session",
  },
  gemini: {
    title: "Gemini CLI",
    format: "json",
    file: (machine) => join(machine, machine.home, ".gemini", "settings.json"),
    servers: "mcpServers",
    startsInProject: true,
    environment: "all",
    answerWithin: "5m",
    restart: "start a new session",
  },
  "lm-studio": {
    title: "LM Studio",
    format: "json",
    file: (machine) => join(machine, lmStudioHome(machine), "mcp.json"),
    servers: "mcpServers",
    startsInProject: false,
    environment: "system",
    answerWithin: "50s",
    restart: "it reads them at once",
  },
};

function join({ platform }: Pick<Machine, "platform">, ...parts: string[]): string {
  return (platform === "win32" ? win32 : posix).join(...parts);
}

/** Where desktop programs keep their settings. */
function applicationData(machine: Machine): string {
  const { platform, home, environment } = machine;
  if (platform === "darwin") return join(machine, home, "Library", "Application Support");
  if (platform === "win32") return environment["APPDATA"] || join(machine, home, "AppData", "Roaming");
  return configuration(machine);
}

function configuration(machine: Machine): string {
  return machine.environment["XDG_CONFIG_HOME"] || join(machine, machine.home, ".config");
}

/** LM Studio has moved once; it leaves a note of where it is. */
function lmStudioHome(machine: Machine): string {
  try {
    const noted = readFileSync(join(machine, machine.home, ".lmstudio-home-pointer"), "utf8").trim();
    if (noted !== "") return noted;
  } catch {
    // no note: it is where its documentation says
  }
  return join(machine, machine.home, ".lmstudio");
}
