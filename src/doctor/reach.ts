import type { Config } from "../config.ts";
import { readMcpServers, type McpServer } from "../config/mcp-servers.ts";
import { hasProvider } from "../config/offered.ts";
import { errorMessage } from "../errors.ts";
import type { OtherServer } from "../mcp/client.ts";
import { openConfiguredStore } from "../runtime/open-agent.ts";
import type { SessionStore } from "../session/store.ts";
import type { Services } from "../tools/services.ts";
import { version } from "../version.ts";
import { ok, problem, type Check, type Outcome } from "./check.ts";
import type { ChecksOptions } from "./checks.ts";
import type { Patient } from "./diagnose.ts";
import { providerOutcome } from "./provider.ts";

/** What lies outside of this process: the model, the sessions, databases and other servers. */
export async function reachChecks(
  { config, configProblem }: Patient,
  { online, limitMs }: ChecksOptions,
  services: () => Promise<Services>,
): Promise<{ checks: Check[]; close(): Promise<void> }> {
  const opened: { close(): Promise<void> }[] = [];
  if (configProblem !== undefined) return { checks: [], close: async () => undefined };
  const provider: Check = {
    name: "provider",
    whenLate: providerAdvice(config),
    run: (signal) => providerOutcome(config, { online, signal }),
  };
  const store: Check = {
    name: "sessions",
    whenLate: "see that the server of --store runs, and that host and port are right",
    run: () => storeOutcome(config, opened),
  };
  const databases = Object.entries(config.databases).map(([database, url]): Check => {
    return {
      name: `db ${database}`,
      whenLate: databaseAdvice(database, url),
      run: async (signal) => databaseOutcome(database, await services(), signal),
    };
  });
  const checks = [
    ...(hasProvider(config) ? [provider] : []),
    store,
    ...databases,
    ...serverChecks(config, limitMs, opened),
  ];
  return { checks, close: async () => void (await Promise.allSettled(opened.map((one) => one.close()))) };
}

function providerAdvice({ base_url: baseUrl }: Config): string {
  const host = URL.parse(baseUrl ?? "")?.host;
  return host === undefined
    ? "see whether this machine reaches the internet, through a proxy if there is one (HTTPS_PROXY)"
    : `see that a server of models runs at ${host}, or name another address with --base-url`;
}

/** The URL of a server may hold a password. */
function databaseAdvice(database: string, url: string): string {
  return url.startsWith("sqlite:")
    ? `see that ${url.slice("sqlite:".length)} is an SQLite database, or name another file: --database ${database}=sqlite:FILE`
    : "see that the database's server runs, and that host and port are right";
}

/** A session is begun, read and deleted again. */
async function storeOutcome(config: Config, opened: { close(): Promise<void> }[]): Promise<Outcome> {
  const store: SessionStore = await openConfiguredStore(config);
  opened.push(store);
  const id = `doctor-${crypto.randomUUID()}`;
  await store.append(id, 0, [{ role: "user", text: "axoner doctor" }]);
  try {
    const session = await store.load(id);
    if (session?.messages.length !== 1)
      return problem("a session that was written is not there", "choose another --store");
  } finally {
    await store.delete(id);
  }
  return ok(`${shownStore(config)}: written, read and deleted`);
}

/** Of a server only the kind, the host and the port are told. */
function shownStore({ store, workspace }: Config): string {
  if (store === undefined) return `files in ${workspace}`;
  const url = URL.parse(store);
  return url !== null && url.host !== "" ? `${url.protocol}//${url.host}` : store;
}

async function databaseOutcome(database: string, { databases }: Services, signal: AbortSignal): Promise<Outcome> {
  const { notes } = await databases.query(
    { database, sql: "select 1 as one", params: [], limit: 1, keep: () => false, origin: {} },
    { signal },
  );
  return ok(["it answers", ...notes].join("; "));
}

function serverChecks(config: Config, limitMs: number, opened: { close(): Promise<void> }[]): Check[] {
  if (config.mcp_config === undefined) return [];
  try {
    const servers = Object.entries(readMcpServers(config.mcp_config));
    return servers.map(([name, server]) => {
      return {
        name: `mcp ${name}`,
        whenLate: "start it by hand to see what it says; nothing that is no message of MCP may come on its stdout",
        run: () => serverOutcome({ name, server, limitMs }, opened),
      };
    });
  } catch (thrown) {
    return [
      { name: "mcp", whenLate: "", run: () => problem(errorMessage(thrown), "correct the file of --mcp-config") },
    ];
  }
}

interface AskedServer {
  name: string;
  server: McpServer;
  limitMs: number;
}

async function serverOutcome(
  { name, server, limitMs }: AskedServer,
  opened: { close(): Promise<void> }[],
): Promise<Outcome> {
  const { openOtherServer } = await import("../mcp/client.ts");
  const client = { name: "axoner", version };
  const other: OtherServer = openOtherServer({ name, server, client, startTimeoutMs: limitMs });
  opened.push(other);
  const tools = await other.tools();
  return ok(`${tools.length} ${tools.length === 1 ? "tool" : "tools"}`);
}
