import { engineFolder } from "../engine/shared/folder.ts";
import { findEngines, stopEngine, type EngineStatus, type FoundEngine } from "../engine/shared/status.ts";
import { ConfigError } from "../errors.ts";
import { exitCodes } from "./command.ts";
import { commands } from "./commands.ts";
import { withOutcome } from "./outcome.ts";
import { write, writeJson } from "./output.ts";
import { optionLines } from "./own-options.ts";

const usage = `Usage: axoner engine [COMMAND] [options]

  status          the engines that this user's MCP servers share (the default)
  stop [ENGINE]   stop one, or all of them: what runs in them is cancelled, their jobs are interrupted

${optionLines(commands.engine.options)}

Servers of the same configuration and version share an engine. It starts with the first call that needs it, and ends
when nothing has run in it for five minutes (\`--engine-idle TIME\` of the servers).
`;

/**
 * `axoner engine`: the shared engines of this user.
 *
 * @throws ConfigError for arguments that it does not know, and an engine that there is not
 */
export const engine = withOutcome(async (args, { stdout }) => {
  if (args.includes("--help") || args.includes("-h")) {
    await write(stdout, usage);
    return exitCodes.done;
  }
  const isJson = args.includes("--json");
  const [command = "status", name, ...others] = args.filter((argument) => argument !== "--json");
  const isKnown = command === "stop" || (command === "status" && name === undefined);
  if (!isKnown || others.length > 0) throw new ConfigError(`axoner engine does not know that\n\n${usage}`);
  const found = await findEngines(engineFolder());
  const meant = command === "stop" ? choose(found, name) : found;
  if (command === "stop") await Promise.all(meant.map(({ place }) => stopEngine(place)));
  const all = meant.map(({ status }) => status);
  if (isJson) await writeJson(stdout, { engines: all });
  else await write(stdout, command === "stop" ? stopped(all) : table(all));
  return exitCodes.done;
});

function choose(found: readonly FoundEngine[], name: string | undefined): readonly FoundEngine[] {
  if (name === undefined) return found;
  const meant = found.filter(({ place }) => place.name.startsWith(name));
  if (meant.length === 1) return meant;
  const names = found.map(({ place }) => place.name).join(", ");
  const wrong = meant.length === 0 ? `there is no engine ${name}` : `${name} begins more than one engine's name`;
  throw new ConfigError(`${wrong}; ${names === "" ? "none is running" : `the engines are ${names}`}`);
}

function stopped(engines: readonly EngineStatus[]): string {
  if (engines.length === 0) return "no engine is running\n";
  return engines.map(({ pid, configuration }) => `stopped ${configuration} (process ${pid})\n`).join("");
}

function table(engines: readonly EngineStatus[]): string {
  if (engines.length === 0) return "no engine is running\n";
  const rows = engines.map((one) => {
    const calls = `${one.calls} in flight, ${one.calls_done} done`;
    return `${one.configuration}  process ${one.pid}, up ${one.uptime_s} s, ${one.fronts} servers, calls: ${calls}, ${one.memory_mb} MB\n`;
  });
  return rows.join("");
}
