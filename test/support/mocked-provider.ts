import { openNodeHost } from "../../src/runtime/node-host.ts";
import type { ServiceOptions } from "../../src/providers/lib/http-provider.ts";
import { openOpenAi } from "../../src/providers/openai.ts";
import type { Provider } from "../../src/providers/provider.ts";
import { openModelServer, type Answer, type ModelServer } from "./model-server.ts";

export const key = "sk-test-0123456789";

export interface OpenedProvider {
  provider: Provider;
  server: ModelServer;
  close(): Promise<void>;
}

export interface Mocking extends Partial<ServiceOptions> {
  /** Chat Completions if nothing else is said. */
  open?: (options: ServiceOptions) => Provider;
}

export function serviceOptions(baseUrl: string): ServiceOptions {
  return { name: "mock", model: "mock-1", baseUrl, apiKey: key, keyVariable: "MOCK_API_KEY", host: openNodeHost() };
}

/** A provider in front of a server that gives these answers; `path` follows the server's address in the base URL. */
export async function openMockedProvider(
  answers: readonly Answer[],
  { open = openOpenAi, ...options }: Mocking = {},
  path = "/v1",
): Promise<OpenedProvider> {
  const server = await openModelServer(answers);
  const host = openNodeHost();
  const provider = open({ ...serviceOptions(server.origin + path), host, ...options });
  let closing: Promise<void> | undefined;
  const closeServer = () => (closing ??= server.close());
  const close = async () => {
    await host.close();
    await closeServer();
  };
  return { provider, server: { ...server, close: closeServer }, close };
}
