import { existsSync } from "node:fs";
import { parseArgs } from "node:util";
import { ConfigError } from "../errors.ts";
import { didYouMean } from "../text/nearest.ts";
import { printable } from "../text/text.ts";
import { commands } from "./commands.ts";
import { exitCodes, type CommandContext, type ExitCode } from "./command.ts";
import { clients, type Client } from "./install/clients.ts";
import { entriesOf } from "./install/entry.ts";
import { register, registered, unregister, type Registration } from "./install/register.ts";
import { startsAxoner } from "./install/starts-axoner.ts";
import { serverEntry, thisInstallation, type WrittenEntry } from "./install/this-server.ts";
import { withOutcome } from "./outcome.ts";
import { write, writeJson } from "./output.ts";
import { optionLines, parseable } from "./own-options.ts";
import { usageError } from "./usage-error.ts";

const usage = `Usage: axoner install CLIENT [options of the server]

Registers the MCP server in the client's own settings. Nothing else there changes, and what was there is kept beside it.
Without a client it lists them all.

${optionLines(commands.install.options)}

All other options are given to the server at each start, e.g. \`axoner install claude-desktop --root ~/Documents\`. Keys
belong into ~/.config/axoner/axoner.json, which the server reads wherever it is started.
`;

/**
 * `axoner install`: registers the server with a client.
 *
 * @throws ConfigError for arguments it does not know, and for settings that cannot be read or edited
 */
export const install = withOutcome(async (args, context) => {
  if (args.includes("--help") || args.includes("-h")) {
    await write(context.stdout, usage);
    return exitCodes.done;
  }
  const { values, positionals } = parse(args);
  const { name = "axoner", json = false, print, undo, replace = false } = values;
  const [given, ...more] = positionals;
  if (more.length > 0) throw new ConfigError("axoner install takes one client at a time; see axoner install --help");
  if (given === undefined) return list(context, { name, json });
  const client = findClient(given);
  const file = client.file(context.machine);
  const asked = { context, json, registration: { client, file, name } };
  if (undo) return takeOut(asked);
  if (!/^\w[\w.-]{0,63}$/.test(name)) {
    throw new ConfigError("--name takes letters, digits, _, . and -, at most 64 and the first no . or -");
  }
  const entry = serverEntry(thisInstallation(), client, context.repeatOptions());
  return print ? show(asked, entry) : add(asked, entry, replace);
});

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: parseable(commands.install.options),
    });
  } catch (thrown) {
    throw usageError("axoner install", "axoner install --help", thrown);
  }
}

function findClient(given: string): Client {
  const client = Object.hasOwn(clients, given) ? clients[given] : undefined;
  if (client !== undefined) return client;
  const known = Object.keys(clients);
  throw new ConfigError(
    `there is no client "${given}"${didYouMean(given, known)}; the clients are ${known.join(", ")}`,
  );
}

interface Asked {
  context: CommandContext;
  json: boolean;
  registration: Registration;
}

async function add({ context, json, registration }: Asked, entry: WrittenEntry, replace: boolean): Promise<ExitCode> {
  const { client, name } = registration;
  const { done, path, copy } = await register(registration, entry, { replace });
  if (json) await writeJson(context.stdout, { done, path, copy, name, entry });
  const verb = { added: "added to", replaced: "brought up to date in", unchanged: "as it should be already in" }[done];
  const lines = [`${name} is ${verb} ${path}`];
  if (copy !== undefined) lines.push(`what was there before is kept in ${copy}`);
  if (done !== "unchanged") lines.push(`For ${client.title} to see it: ${client.restart}.`);
  if (!client.startsInProject && !entry.args.includes("--root")) {
    lines.push(
      `${client.title} does not start servers in a folder of yours: to let it read files, run this again with --root DIR.`,
    );
  }
  await tell(context, json, lines);
  return exitCodes.done;
}

async function takeOut({ context, json, registration }: Asked): Promise<ExitCode> {
  const { name } = registration;
  const { done, path, copy } = await unregister(registration);
  if (json) await writeJson(context.stdout, { done, path, copy, name });
  const told = {
    restored: `${path} is as it was before`,
    returned: `${name} in ${path} is what it was before; what was changed there since is kept`,
    removed: `${name} is taken out of ${path}; what was changed there since is kept`,
    absent: `${path} has no ${name}: there is nothing to undo`,
  };
  const kept = copy === undefined ? [] : [`what stood under that name before could not be put back: it is in ${copy}`];
  await tell(context, json, [told[done], ...kept]);
  return exitCodes.done;
}

async function show({ context, registration }: Asked, entry: WrittenEntry): Promise<ExitCode> {
  const { client, file, name } = registration;
  await write(context.stdout, entriesOf(client).set("", { servers: client.servers, name }, entry));
  await write(context.stderr, `belongs into ${printable(file)}\n`);
  return exitCodes.done;
}

async function list(context: CommandContext, { name, json }: { name: string; json: boolean }): Promise<ExitCode> {
  const rows = await Promise.all(
    Object.entries(clients).map(async ([id, client]) => {
      const file = client.file(context.machine);
      return { client: id, file, state: await stateOf({ client, file, name }) };
    }),
  );
  if (json) await writeJson(context.stdout, { clients: rows });
  else {
    const width = Math.max(...rows.map((row) => row.client.length));
    const lines = rows.map((row) => `${row.client.padEnd(width)}  ${row.state.padEnd(14)}  ${printable(row.file)}\n`);
    await write(context.stdout, lines.join(""));
  }
  return exitCodes.done;
}

async function stateOf(registration: Registration): Promise<string> {
  try {
    const entry = await registered(registration);
    if (entry !== undefined) return startsAxoner(entry) ? "registered" : "another server";
    return existsSync(registration.file) ? "not registered" : "no settings";
  } catch (thrown) {
    if (thrown instanceof ConfigError) return "unreadable";
    throw thrown;
  }
}

/** Besides the JSON that a script reads, nothing is said. */
async function tell({ stdout }: CommandContext, json: boolean, lines: readonly string[]): Promise<void> {
  if (!json) await write(stdout, `${lines.map(printable).join("\n")}\n`);
}
