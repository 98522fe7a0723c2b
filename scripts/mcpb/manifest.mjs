import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { clients } from "../../src/cli/install/clients.ts";
import { root } from "../lib/project.mjs";

const platformNames = { darwin: "macOS", win32: "Windows", linux: "Linux" };

/**
 * What a client reads in a bundle: how the server is started, and what it asks its user for. An empty setting is as none.
 *
 * @param program the name of the Node in the bundle
 */
export async function manifestFor({ platform, arch, program }) {
  const read = async (file) => JSON.parse(await readFile(join(root, file), "utf8"));
  const { name, version, description, license, keywords } = await read("package.json");
  const definitions = await read("src/mcp/definitions.generated.json");
  const place = "${__dirname}/server";
  return {
    manifest_version: "0.4",
    name,
    display_name: "Axoner",
    version,
    description,
    long_description: `${description}\n\nReads web pages in bulk, and files and databases by SQL; draws charts; calculates exactly. Files are read in the folders that you choose and nowhere else. This bundle is for ${platformNames[platform]} on ${arch} and has its own Node in it.`,
    author: { name: "The axoner contributors" },
    icon: "icon.png",
    server: {
      type: "binary",
      entry_point: `server/${program}`,
      mcp_config: {
        command: `${place}/${program}`,
        args: [
          `${place}/dist/mcp-server.js`,
          "--answer-within",
          clients["claude-desktop"].answerWithin,
          "${user_config.folders}",
        ],
        env: Object.fromEntries(Object.keys(settings).map((key) => [key, `\${user_config.${key.toLowerCase()}}`])),
      },
    },
    tools: definitions.map((tool) => ({ name: tool.name, description: firstSentence(tool.description) })),
    keywords,
    license,
    compatibility: { platforms: [platform] },
    user_config: {
      folders: {
        type: "directory",
        title: "Folders",
        description: "Folders whose files may be read. Datasets and exports are kept in .axoner in the first of them.",
        multiple: true,
        required: false,
        default: [],
      },
      ...Object.fromEntries(
        Object.entries(settings).map(([key, setting]) => [
          key.toLowerCase(),
          { type: "string", required: false, default: "", ...setting },
        ]),
      ),
    },
  };
}

const settings = {
  ANTHROPIC_API_KEY: { title: "Anthropic API key", description: "For run_agent.", sensitive: true },
  OPENAI_API_KEY: { title: "OpenAI API key", description: "For run_agent.", sensitive: true },
  GROQ_API_KEY: { title: "Groq API key", description: "For run_agent.", sensitive: true },
  BRAVE_API_KEY: { title: "Brave Search API key", description: "For web_search.", sensitive: true },
  TAVILY_API_KEY: { title: "Tavily API key", description: "For web_search.", sensitive: true },
  SEARCH_API_KEY: {
    title: "Google search API key",
    description: "For web_search, with the search engine's ID.",
    sensitive: true,
  },
  CX_ENGINE: { title: "Google search engine's ID", description: "For web_search, with the key above." },
  SEARXNG_URL: { title: "Address of a SearXNG", description: "For web_search, without any key." },
};

function firstSentence(text) {
  return /^.*?[.:](?=\s|$)/s.exec(text)?.[0].replace(/:$/, ".") ?? text;
}
