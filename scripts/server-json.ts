/** What the MCP registry is told of the server, by its schema of 2025-12-11. */
interface Package {
  name: string;
  version: string;
  /** The server's name in the registry, which the published packages must name too. */
  mcpName: string;
}

/** A bundle for Claude Desktop, and where it can be had. */
export interface Bundle {
  url: string;
  sha256: string;
}

const description = "Scraping in bulk, SQL over files and databases, charts, exact calculation, and an agent.";

/** @param bundles those of a release; without one there are only the packages of npm and PyPI */
export function serverJson({ name, version, mcpName }: Package, bundles: readonly Bundle[] = []): string {
  const stdio = { transport: { type: "stdio" } };
  const common = { ...stdio, environmentVariables: keys };
  const folders = {
    type: "positional",
    valueHint: "folder",
    description: "A folder whose files may be read",
    format: "filepath",
    isRepeated: true,
  };
  const packages = [
    { registryType: "npm", identifier: name, version, runtimeHint: "npx", packageArguments: [mcp, folders], ...common },
    {
      registryType: "pypi",
      identifier: name,
      version,
      runtimeHint: "uvx",
      runtimeArguments: [{ type: "named", name: "--from", value: `${name}[node]==${version}` }],
      packageArguments: [mcp, folders],
      ...common,
    },
    ...bundles.map(({ url, sha256 }) => ({ registryType: "mcpb", identifier: url, fileSha256: sha256, ...stdio })),
  ];
  const $schema = "https://static.modelcontextprotocol.io/schemas/2025-12-11/server.schema.json";
  return `${JSON.stringify({ $schema, name: mcpName, title: "Axoner", description, version, packages }, undefined, 2)}\n`;
}

const mcp = { type: "positional", value: "mcp" };

/** A model is needed for run_agent alone, a search service for web_search. */
const keys = [
  "ANTHROPIC_API_KEY",
  "OPENAI_API_KEY",
  "GROQ_API_KEY",
  "BRAVE_API_KEY",
  "TAVILY_API_KEY",
  "SEARCH_API_KEY",
].map((key) => ({
  name: key,
  description: `A key for ${/BRAVE|TAVILY|SEARCH/.test(key) ? "web_search" : "run_agent"}`,
  isRequired: false,
  isSecret: true,
  format: "string",
}));
