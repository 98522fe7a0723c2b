import { z } from "zod";

/** A server of models on this machine, and how to chat with it. */
export interface LocalServer {
  name: string;
  baseUrl: string;
  model: string;
}

/** Where they listen unless told otherwise. */
const usual: readonly { name: string; port: number }[] = [
  { name: "Ollama", port: 11_434 },
  { name: "LM Studio", port: 1_234 },
  { name: "llama.cpp", port: 8_080 },
  { name: "vLLM", port: 8_000 },
];

const models = z.object({ data: z.array(z.object({ id: z.string() })).min(1) });
const patienceMs = 400;

/** Those that answer at once, each with the first of its models. */
export async function findLocalServers(servers = usual): Promise<LocalServer[]> {
  const found = await Promise.all(servers.map(ask));
  return found.filter((server) => server !== undefined);
}

async function ask({ name, port }: { name: string; port: number }): Promise<LocalServer | undefined> {
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
