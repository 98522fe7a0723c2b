import { existsSync } from "node:fs";
import { clients } from "../cli/install/clients.ts";
import { registeredServers } from "../cli/install/register.ts";
import { startsAxoner } from "../cli/install/starts-axoner.ts";
import { thisMachine } from "../config.ts";
import { ConfigError } from "../errors.ts";
import { isJsonObject } from "../message.ts";
import { ok, problem, warning, type Check, type Outcome } from "./check.ts";
import { again, entryOutcome, type Asked } from "./client-entry.ts";

/**
 * For each client that has settings here: whether axoner is in them, and whether it starts as the client starts it, in
 * its folder and with its environment, and does what it is asked. No other server is started.
 */
export function clientChecks(limitMs: number, machine = thisMachine()): Check[] {
  const all = Object.entries(clients).map(([id, client]) => ({ id, client, machine, limitMs }));
  const [here, absent] = [true, false].map((isHere) =>
    all.filter(({ client }) => existsSync(client.file(machine)) === isHere),
  );
  const checks = (here ?? []).map((asked) => ({
    name: asked.id,
    whenLate: `the machine may be busy: try again with --within 60; else ${again(asked)}`,
    run: (signal: AbortSignal) => clientOutcome(asked, signal),
  }));
  const names = (absent ?? []).map(({ id }) => id).join(", ");
  if (names === "") return checks;
  return [...checks, { name: "other clients", whenLate: "", run: () => ok(`no settings here of ${names}`) }];
}

async function clientOutcome(asked: Asked, signal: AbortSignal): Promise<Outcome> {
  const { id, client, machine } = asked;
  try {
    const found = await registeredServers(client, client.file(machine), process.cwd());
    if (found === undefined) return ok("its settings were taken away just now");
    const { path, servers } = found;
    const own = [...servers].filter(([, entry]) => startsAxoner(entry));
    if (own.length > 0) {
      const outcomes = await Promise.all(
        own.map(([name, entry]) => entryOutcome({ ...asked, name, entry, path }, signal)),
      );
      return together(outcomes);
    }
    const named = servers.get("axoner");
    if (named === undefined) return ok(`axoner is not in ${path}; axoner install ${id} registers it`);
    if (isJsonObject(named) && typeof named["url"] === "string")
      return ok(`${path} has axoner over HTTP, which is not tried here`);
    return warning(
      `${path} has a server "axoner" that is another program`,
      `see what it is; axoner install ${id} --name axoner-tools registers this one beside it, --replace in its place`,
    );
  } catch (thrown) {
    if (!(thrown instanceof ConfigError)) throw thrown;
    return {
      ...problem(thrown.message, ""),
      advice: `${client.title} starts no server as long as it is so: correct the file, or put ….before-axoner back where there is one`,
    };
  }
}

/** The worst of several entries, and what is said of all. */
function together(outcomes: readonly Outcome[]): Outcome {
  const worst =
    outcomes.find(({ status }) => status === "problem") ??
    outcomes.find(({ status }) => status === "warning") ??
    outcomes[0];
  return { ...(worst ?? ok("")), detail: outcomes.map(({ detail }) => detail).join("; ") };
}
