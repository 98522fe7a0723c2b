import { parseArgs } from "node:util";
import { exitCodes } from "./command.ts";
import { commands } from "./commands.ts";
import type { Finding } from "./doctor/finding.ts";
import { findingLines, summaryLine } from "./doctor/show.ts";
import { withOutcome } from "./outcome.ts";
import { write, writeJson } from "./output.ts";
import { optionLines, parseable } from "./own-options.ts";
import { paintFor } from "./terminal/paint.ts";
import { usageError } from "./usage-error.ts";

const usage = `Usage: axoner doctor [options]

Says what works here, and what to do about what does not. Nothing is changed but for a session and a file that are made
and removed again. Databases, session stores and the servers of --mcp-config are asked; model services only with --online.
Where a client has axoner in its settings, it is started as that client starts it, and asked for one result.

${optionLines(commands.doctor.options)}

Exit codes: 0 no problem, 1 a problem, 2 bad usage.
`;

/**
 * `axoner doctor`: what works here.
 *
 * @throws ConfigError for arguments it does not know
 */
export const doctor = withOutcome(async (args, context) => {
  const { stdout, signal } = context;
  const { online, json, limitMs, help } = readArguments(args);
  if (help) {
    await write(stdout, usage);
    return exitCodes.done;
  }
  const findings: Finding[] = [];
  const paint = paintFor(stdout);
  for await (const finding of context.diagnose({ online, limitMs, signal })) {
    findings.push(finding);
    if (!json) await write(stdout, findingLines(finding, { columns: stdout.columns || undefined, paint }));
  }
  const statuses = new Set(findings.map(({ status }) => status));
  const status = (["problem", "warning"] as const).find((worst) => statuses.has(worst)) ?? "ok";
  if (json) await writeJson(stdout, { status, checks: findings });
  else await write(stdout, summaryLine(findings, { columns: stdout.columns || undefined, paint }));
  return status === "problem" ? exitCodes.failed : exitCodes.done;
});

function readArguments(args: readonly string[]) {
  const help = { type: "boolean", short: "h" } as const;
  try {
    const options = { ...parseable(commands.doctor.options), help };
    const { within = "10", ...flags } = parseArgs({ args: [...args], options }).values;
    const limitMs = Math.round(Number(within.replace(/s$/, "")) * 1_000);
    if (!(limitMs >= 1 && limitMs <= 600_000)) throw new Error("--within takes seconds, up to 600");
    return { online: false, ...flags, limitMs };
  } catch (thrown) {
    throw usageError("axoner doctor", "axoner doctor --help", thrown);
  }
}
