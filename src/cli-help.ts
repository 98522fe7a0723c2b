import { exitCodes } from "./cli/command.ts";
import { write } from "./cli/output.ts";
import { modelKeys } from "./config/offered.ts";
import { options } from "./config/options.ts";
import { version } from "./version.ts";

/** How each subcommand is written, and what it does. */
export const usages = {
  chat: ["chat", "a conversation with the agent, in the terminal"],
  engine: ["engine [status|stop]", "the engines that MCP servers share"],
  install: ["install CLIENT", "register the MCP server with Claude Desktop, Cursor, …; alone it lists them"],
  run: ['run "PROMPT"', "one agent run"],
  doctor: ["doctor", "what works here, and what to do about what does not"],
  sessions: ["sessions [list|show ID|…]", "stored conversations: list, show, search, fork, undo, export, import, …"],
  tool: ["tool NAME '{…}'", "one tool call without a model"],
} as const;

/** `--help` and `--version`, which need no configuration: a wrong one does not stand in their way. */
export async function main([asked]: string[]): Promise<number> {
  process.stdout.on("error", () => {}); // what fails is told to whoever writes
  return print(asked === "--version" || asked === "-V" ? `axoner ${version}\n` : help());
}

/** What `axoner --help` prints. */
export function help(): string {
  const commands = [["mcp", "the MCP server on stdin and stdout"], ...Object.values(usages)];
  const flags = Object.entries(options).map(([key, option]) => {
    const [placeholder = "", ...text] = option.help.split("  ");
    return [`--${key.replaceAll("_", "-")} ${placeholder}`, text.join("  ")];
  });
  flags.push(["--config FILE", "the configuration file (default: ~/.config/axoner/axoner.json)"]);
  return `axoner ${version}: fast data tools and a whole agent over one stdio pipe

Usage: axoner COMMAND [options]

Commands
${table(commands)}

Options, each also AXONER_… in the environment and a key of the configuration file
${table(flags)}

Keys, in the environment or under "keys" in the configuration file
${table([
  ["models", modelKeys.join(", ")],
  ["web_search", "SEARCH_API_KEY with CX_ENGINE (Google), BRAVE_API_KEY, TAVILY_API_KEY or SEARXNG_URL"],
])}

\`axoner COMMAND --help\` says more. Exit codes: 0 done, 1 failed, 2 bad usage or configuration, 3 limit reached,
4 provider refused or unavailable, 130 cancelled.
`;
}

function table(rows: readonly (readonly string[])[]): string {
  const width = Math.max(...rows.map(([left = ""]) => left.length));
  return rows.map(([left = "", right = ""]) => `  ${left.padEnd(width)}  ${right}`).join("\n");
}

async function print(text: string): Promise<number> {
  await write(process.stdout, text);
  return exitCodes.done;
}
