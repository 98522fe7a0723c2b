import { ToolError } from "../../errors.ts";
import { backendNames, type BackendKind, type BackendName, type SearchBackend } from "./backend.ts";
import { brave } from "./brave.ts";
import { google } from "./google.ts";
import { searxng } from "./searxng.ts";
import { tavily } from "./tavily.ts";

const kinds: Readonly<Record<BackendName, BackendKind>> = { google, brave, tavily, searxng };

/** The values of the variables, by their names; those that are not set are not there, or empty. */
export type Secrets = Readonly<Record<string, string>>;

export interface ChosenBackend {
  kind: BackendKind;
  backend: SearchBackend;
  /** The names of the others that are configured. */
  others: BackendName[];
}

/**
 * The backend of this name, or the first that is configured.
 *
 * @throws ToolError `invalid_input` or `unavailable` that names the variables to set
 */
export function chooseBackend(
  secrets: Secrets,
  { wanted, endpoint }: { wanted: BackendName | undefined; endpoint: (name: BackendName) => string | undefined },
): ChosenBackend {
  const configured = backendNames.filter((name) => missing(kinds[name], secrets).length === 0);
  const name = wanted ?? configured[0];
  if (name === undefined) throw nothingConfigured(secrets);
  const kind = kinds[name];
  const others = configured.filter((other) => other !== name);
  const unset = missing(kind, secrets);
  if (unset.length > 0) {
    const instead = others.length === 0 ? "" : `, or use backend ${others.join(" or ")}, which is configured`;
    const message = `the backend ${name} is not configured: set ${unset.join(" and ")} ${where}${instead}`;
    throw new ToolError(others.length === 0 ? "unavailable" : "invalid_input", message);
  }
  return { kind, backend: kind.open(secrets, endpoint(name)), others };
}

const where = "in the environment or under keys in the user's configuration file";

function missing({ variables }: BackendKind, secrets: Secrets): string[] {
  return variables.filter((variable) => !secrets[variable]);
}

function nothingConfigured(secrets: Secrets): ToolError {
  const ways = backendNames.map((name) => `${kinds[name].variables.join(" and ")} (${kinds[name].title})`);
  const half = Object.values(kinds).find((kind) => missing(kind, secrets).length < kind.variables.length);
  const lacking = half === undefined ? "" : ` (${missing(half, secrets).join(" and ")} is missing)`;
  const last = ways.pop();
  return new ToolError(
    "unavailable",
    `no search backend is configured${lacking}: set ${ways.join(", ")} or ${last} ${where}`,
  );
}
