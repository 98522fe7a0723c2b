import { basename } from "node:path";
import type { Config } from "../config.ts";
import { AxonerError, ConfigError } from "../errors.ts";
import { openEngineProcess } from "../runtime.ts";
import type { Services } from "../tools/services.ts";
import { ok, problem, warning, type Check, type Outcome } from "./check.ts";

const busy = "the machine may be busy: try again with --within 60";
const broken = "install axoner again, for this system and this Node";

/** The processes and threads that tools run in. Each does a small piece of its work. */
export function partChecks(config: Config, services: () => Promise<Services>): Check[] {
  return [
    { name: "SQL", whenLate: busy, run: async (signal) => sqlOutcome(await services(), signal) },
    { name: "pages", whenLate: busy, run: async (signal) => pagesOutcome(await services(), signal) },
    { name: "charts", whenLate: busy, run: async (signal) => chartsOutcome(await services(), signal) },
    { name: "expressions", whenLate: busy, run: async (signal) => mathOutcome(await services(), signal) },
    { name: "browser", whenLate: busy, run: () => browserOutcome(config) },
    ...config.plugins.map((file): Check => {
      return {
        name: `plugin ${basename(file)}`,
        whenLate: `${file} waits or loops while it is loaded: at its top level a plugin only defines and exports tools`,
        whenBroken: `correct ${file}, or leave out its --plugin`,
        run: (signal) => pluginOutcome(config, file, signal),
      };
    }),
    {
      name: "engine",
      whenLate: config.plugins.length === 0 ? busy : `see what is said of the plugins (${config.plugins.join(", ")})`,
      run: (signal) => engineOutcome(config, signal),
    },
  ];
}

/** A plugin alone, so that the one that keeps the others from being used is named. */
async function pluginOutcome(config: Config, file: string, signal: AbortSignal): Promise<Outcome> {
  const alone = { ...config, plugins: [file], tools: undefined, no_tools: [], record: undefined, replay: undefined };
  try {
    await engineOutcome(alone, signal);
    return ok(file);
  } catch (thrown) {
    if (!(thrown instanceof AxonerError) || thrown instanceof ConfigError) throw thrown;
    return problem(
      `${file} ended the process that loaded it`,
      "at its top level a plugin only defines and exports tools: remove what ends the process (process.exit)",
    );
  }
}

async function sqlOutcome({ sql }: Services, signal: AbortSignal): Promise<Outcome> {
  const request = { sql: "select version() as version", limit: 1, saveAs: undefined, keep: () => false, origin: {} };
  const { rows } = await sql.query(request, { signal, progress: () => undefined });
  return ok(`DuckDB ${String(rows[0]?.[0] ?? "")} in a process of its own`);
}

async function pagesOutcome({ web }: Services, signal: AbortSignal): Promise<Outcome> {
  await web.checkSelectors(["main > p"], signal);
  return ok("pages are read in threads of their own");
}

async function chartsOutcome({ charts }: Services, signal: AbortSignal): Promise<Outcome> {
  const spec = {
    data: { values: [{ x: "a", y: 1 }] },
    mark: "bar",
    encoding: { x: { field: "x" }, y: { field: "y", type: "quantitative" } },
  };
  const { png } = await charts.draw({ spec, svg: false, png: true }, signal);
  return png === undefined ? problem("no picture came out", broken) : ok("pictures can be drawn, as PNG too");
}

async function mathOutcome({ math }: Services, signal: AbortSignal): Promise<Outcome> {
  const evaluate = () => math.evaluate("6 * 7", signal);
  // its limit is short, and the first one loads what evaluates
  const { result } = await evaluate().catch(evaluate);
  return result === "42"
    ? ok("expressions are evaluated in a thread of their own")
    : problem(`6 * 7 is ${result}`, broken);
}

async function browserOutcome({ browser }: Config): Promise<Outcome> {
  const { findBrowser, isProgram } = await import("../web/render/find-browser.ts");
  if (browser !== undefined && !isProgram(browser)) {
    return problem(`--browser ${browser} is no program`, "name the file of a Chrome, Chromium or Edge");
  }
  const found = browser ?? findBrowser();
  if (found !== undefined) return ok(found);
  const advice = "install Chrome, Chromium or Edge, or name one with --browser FILE; all other pages are read without";
  return warning("none is installed: scrape with render: auto cannot run the scripts of pages", advice);
}

async function engineOutcome(config: Config, signal: AbortSignal): Promise<Outcome> {
  const engine = openEngineProcess(config);
  const close = () => void engine.close();
  signal.addEventListener("abort", close, { once: true });
  try {
    const definitions = await engine.definitions();
    return ok(`${definitions.length} tools in a process of its own`);
  } finally {
    signal.removeEventListener("abort", close);
    await engine.close();
  }
}
