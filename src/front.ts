import { startChildEarly } from "./isolate/line-child.ts";
import { mathProcess } from "./math/math-process.ts";
import { icons } from "./mcp/icons.ts";
import { serveStdio } from "./mcp/serve-stdio.ts";
import { once } from "./once.ts";
import { version } from "./version.ts";

const instructions =
  "Data stays in files: results larger than a preview are datasets (ds_…), which every tool takes as a source, so rows need not pass through the conversation. " +
  "Pass all URLs to scrape in one call, then join its dataset with files by query_data.";

const help = `axoner mcp: the MCP server on stdin and stdout, or over HTTP
Usage: axoner mcp [--http HOST:PORT] [options] [FOLDER …]   (\`axoner --help\` lists the options)

A FOLDER is one whose files may be read, as \`--root FOLDER\`.
`;

/** The server process: answers at once, and opens the runtime behind the first reply. */
export async function main(argv: string[]): Promise<number> {
  if (argv.includes("--help") || argv.includes("-h")) {
    process.stdout.write(help);
    return 0;
  }
  const server = { name: "axoner", version, icons, instructions, hasCatalogue: true };
  if (argv.some((argument) => argument === "--http" || argument.startsWith("--http="))) {
    return (await import("./runtime/serve-http.ts")).serveHttp(argv, server);
  }
  const front = once(async () => (await import("./runtime.ts")).openFront(argv));
  const close = async () => (await front.opened())?.close();
  const check = async () => (await front.get()).check();
  return serveStdio({ ...server, agent: true, prepare, backend: () => front.get(), check, close });
}

let isPrepared = false;

/** The process of the first expression takes longer to start than all that is loaded to ask it. */
function prepare(tool: string): () => void {
  if (tool !== "calculate" || isPrepared) return () => {};
  isPrepared = true;
  return startChildEarly(mathProcess);
}
