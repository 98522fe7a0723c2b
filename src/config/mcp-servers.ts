import { readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { ConfigError, errorMessage } from "../errors.ts";
import { isJsonObject, type JsonObject, type JsonValue } from "../message.ts";

/** Another MCP server whose tools the agent may use. What it holds may be secret. */
export type McpServer = (
  | { kind: "stdio"; command: string; args: string[]; env: Record<string, string>; cwd: string | undefined }
  | { kind: "http" | "sse"; url: string; headers: Record<string, string> }
) & {
  /** Tools that only read, although the server does not say so. */
  readOnlyTools?: readonly string[];
};

/**
 * Other servers by their names, out of a file in the format that desktop clients have: `{"mcpServers": {"name":
 * {"command": …, "args": […], "env": {…}}}}` or `{"url": …, "headers": {…}}`. `${NAME}` and `${NAME:-default}` stand for
 * what the environment holds, so that no secret has to be in the file.
 *
 * @throws ConfigError that names the file and the server, never a value
 */
export function readMcpServers(file: string, environment = process.env): Record<string, McpServer> {
  const path = resolve(file);
  const content = readJson(path);
  const servers = isJsonObject(content) ? (content["mcpServers"] ?? content["servers"]) : undefined;
  if (!isJsonObject(servers)) throw new ConfigError(`${path} must hold {"mcpServers": {"name": {"command": …}}}`);
  const entries = Object.entries(servers).filter(([, entry]) => !isJsonObject(entry) || entry["disabled"] !== true);
  return Object.fromEntries(
    entries.map(([name, entry]) => {
      const where = `${path}: the server "${name}"`;
      if (!isJsonObject(entry)) throw new ConfigError(`${where} must be an object`);
      return [name, readServer(expanded(entry, where, environment) as JsonObject, { where, folder: dirname(path) })];
    }),
  );
}

function readServer(entry: JsonObject, { where, folder }: { where: string; folder: string }): McpServer {
  const { command, args = [], env = {}, cwd, url, headers = {}, type, readOnlyTools } = entry;
  const only = readOnlyTools === undefined ? {} : { readOnlyTools: names(readOnlyTools, `${where}: "readOnlyTools"`) };
  if (typeof command === "string" && command !== "") {
    if (!Array.isArray(args) || !args.every((item) => typeof item === "string")) {
      throw new ConfigError(`${where}: "args" must be a list of texts`);
    }
    if (cwd !== undefined && typeof cwd !== "string") throw new ConfigError(`${where}: "cwd" must be a folder`);
    const folderOfServer = cwd === undefined ? undefined : resolve(folder, cwd);
    return { kind: "stdio", command, args, env: texts(env, `${where}: "env"`), cwd: folderOfServer, ...only };
  }
  if (typeof url !== "string" || !/^https?:$/.test(URL.parse(url)?.protocol ?? "")) {
    throw new ConfigError(`${where} needs a "command" to start it, or the http(s) "url" where it is`);
  }
  return { kind: type === "sse" ? "sse" : "http", url, headers: texts(headers, `${where}: "headers"`), ...only };
}

function names(value: JsonValue, where: string): string[] {
  if (Array.isArray(value) && value.every((item) => typeof item === "string")) return value;
  throw new ConfigError(`${where} must be a list of texts`);
}

function texts(value: JsonValue, where: string): Record<string, string> {
  if (!isJsonObject(value)) throw new ConfigError(`${where} must be an object of texts`);
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => {
      if (typeof item === "object") throw new ConfigError(`${where}: ${key} must be a text`);
      return [key, String(item)];
    }),
  );
}

function expanded(value: JsonValue, where: string, environment: NodeJS.ProcessEnv): JsonValue {
  if (Array.isArray(value)) return value.map((item) => expanded(item, where, environment));
  if (isJsonObject(value)) {
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, expanded(item, where, environment)]));
  }
  if (typeof value !== "string") return value;
  return value.replace(/\$\{(\w+)(?::-([^}]*))?\}/g, (_found, name: string, otherwise: string | undefined) => {
    const replacement = environment[name] ?? otherwise;
    if (replacement === undefined) throw new ConfigError(`${where} needs ${name} in the environment, which is not set`);
    return replacement;
  });
}

function readJson(path: string): JsonValue {
  try {
    return JSON.parse(readFileSync(path, "utf8")) as JsonValue;
  } catch (thrown) {
    throw new ConfigError(`--mcp-config ${path} cannot be read: ${errorMessage(thrown)}`, { cause: thrown });
  }
}
