import { z } from "zod";

/** A server of models on this machine, and how to chat with it. */
export interface LocalServer {
  name: string;
  baseUrl: string;
  model: string;
}

/** Where they listen unless told otherwise. */
const usualPorts = { Ollama: 11_434, "LM Studio": 1_234, "llama.cpp": 8_080, vLLM: 8_000 };

/** Where to look for servers. Ollama's own variable tells where it listens. */
export function localPorts({ OLLAMA_HOST: host = "" }: NodeJS.ProcessEnv): Readonly<Record<string, number>> {
  const [, name = "", port] = /^(?:https?:\/\/)?([^/:]*|\[[^\]]*\])(?::(\d+))?\/?$/.exec(host) ?? [];
  const isHere = ["", "localhost", "127.0.0.1", "0.0.0.0", "[::]", "[::1]"].includes(name);
  const given = isHere && port !== undefined && Number(port) < 65_536 ? { Ollama: Number(port) } : {};
  return { ...usualPorts, ...given };
}

const models = z.object({ data: z.array(z.object({ id: z.string() })).min(1) });
const patienceMs = 400;

/** Those that answer at once, each with the first of its models. */
export async function findLocalServers(ports: Readonly<Record<string, number>>): Promise<LocalServer[]> {
  const found = await Promise.all(Object.entries(ports).map(([name, port]) => ask(name, port)));
  return found.filter((server) => server !== undefined);
}

async function ask(name: string, port: number): Promise<LocalServer | undefined> {
  const baseUrl = `http://127.0.0.1:${port}/v1`;
  try {
    const response = await fetch(`${baseUrl}/models`, { signal: AbortSignal.timeout(patienceMs), redirect: "error" });
    const listed = models.safeParse(await response.json());
    const [first] = listed.success ? listed.data.data : [];
    return first === undefined ? undefined : { name, baseUrl, model: first.id };
  } catch {
    return undefined; // nothing listens there, or something else does
  }
}
