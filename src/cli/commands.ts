import { clients } from "./install/clients.ts";
import type { OwnOption, OwnOptions, VerbShape, Words } from "./own-options.ts";
import { sessionVerbs } from "./sessions/arguments.ts";

/** What a command takes. `--help`, the reading of its arguments and their completion go by it. */
export interface CommandShape {
  /** As the list of commands shows it. */
  usage: string;
  summary: string;
  options: OwnOptions;
  /** What its arguments can be, in their order. */
  operands: readonly Words[];
  /** Its own commands, where it has some: the first argument. */
  verbs?: Readonly<Record<string, VerbShape>>;
}

const json: OwnOption = { text: "print JSON instead of text" };

export const shells = ["bash", "zsh", "fish"] as const;

/** Every command. A new one is an entry here, a file in `cli/`, and a line in `cli-main.ts`. */
export const commands = {
  mcp: {
    usage: "mcp",
    summary: "the MCP server on stdin and stdout, or over HTTP",
    options: {},
    operands: [],
  },
  chat: {
    usage: "chat",
    summary: "a conversation with the agent, in the terminal",
    options: { plain: { text: "no colours, and nothing is drawn anew: for screen readers" } },
    operands: [],
  },
  completion: {
    usage: "completion SHELL",
    summary: "what makes bash, zsh or fish complete axoner's commands, options and values",
    options: {},
    operands: [shells],
  },
  engine: {
    usage: "engine [status|stop]",
    summary: "the engines that MCP servers share",
    options: { json },
    operands: [["status", "stop"]],
  },
  install: {
    usage: "install CLIENT",
    summary: "register the MCP server with Claude Desktop, Cursor, …; alone it lists them",
    options: {
      print: { text: "print what would be added, and change nothing" },
      undo: { text: "take it out again" },
      name: { placeholder: "NAME", text: "the name it has there (default: axoner)", words: "free" },
      replace: { text: "replace a server of that name that is not axoner" },
      json,
    },
    operands: [Object.keys(clients)],
  },
  run: {
    usage: 'run "PROMPT"',
    summary: "one agent run",
    options: {
      file: {
        placeholder: "PATH",
        text: "give the model this text or picture with the prompt (repeatable; `-` is stdin)",
        words: "files",
        isRepeatable: true,
      },
      json: { text: "print one JSON object at the end instead of the text" },
      events: { text: "print every event as a line of JSON instead of the text" },
      resume: { text: "without a prompt: go on with the run of --session ID that was interrupted" },
      "output-schema": {
        placeholder: "FILE",
        text: "answer with JSON of this JSON Schema, which is printed instead of the text",
        words: "files",
      },
    },
    operands: ["free"],
  },
  doctor: {
    usage: "doctor",
    summary: "what works here, and what to do about what does not",
    options: {
      online: { text: "ask the model's service for its list of models, which costs nothing" },
      within: { placeholder: "SECONDS", text: "how long each check may take (default 10)", words: "free" },
      json: { text: 'print one JSON object: {"status", "checks": [{"name", "status", "detail", "advice"}]}' },
    },
    operands: [],
  },
  sessions: {
    usage: "sessions [list|show ID|…]",
    summary: "stored conversations: list, show, search, fork, undo, export, import, …",
    options: {},
    operands: [],
    verbs: sessionVerbs,
  },
  tool: {
    usage: "tool NAME '{…}'",
    summary: "one tool call without a model",
    options: {},
    operands: ["tools", "free"],
  },
} satisfies Readonly<Record<string, CommandShape>>;

export type CommandName = keyof typeof commands;
