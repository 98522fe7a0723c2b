import { printable } from "../../text/text.ts";
import { findLocalServers, localPorts, type LocalServer } from "./local-models.ts";

/** What somebody reads who starts without a model: how to get to one, and what this machine has. */
export async function introduction(environment: NodeJS.ProcessEnv): Promise<string> {
  const ports = localPorts(environment);
  const servers = await findLocalServers(ports);
  return [
    "No model is set up. Set ANTHROPIC_API_KEY, OPENAI_API_KEY or GROQ_API_KEY and start: axoner chat --model MODEL",
    "Or use any server of OpenAI's chat format: axoner chat --provider openai --base-url URL --model MODEL",
    ...(servers.length === 0 ? [noServers(ports)] : servers.map(found)),
    "",
  ].join("\n");
}

function found({ name, baseUrl, model }: LocalServer): string {
  return `${name} runs here: axoner chat --provider openai --base-url ${baseUrl} --model ${quoted(printable(model))}`;
}

function noServers(ports: Readonly<Record<string, number>>): string {
  const looked = Object.entries(ports).map(([name, port]) => `${name} (${port})`);
  return `On this machine none of these answers: ${looked.join(", ")}`;
}

/** For a shell, which is where it is copied to. */
function quoted(text: string): string {
  return /^[\w./:@-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''").replace(/\s+/g, " ")}'`;
}
