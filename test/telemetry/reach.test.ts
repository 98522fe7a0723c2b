import { once } from "node:events";
import { createServer, get, type Agent } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { watchReach } from "../../src/telemetry/reach.ts";

async function openServer(port = 0) {
  const server = createServer((_request, response) => response.end("ok"));
  await once(server.listen(port, "127.0.0.1"), "listening");
  onTestFinished(() => void server.close());
  return { server, port: (server.address() as AddressInfo).port };
}

async function ask(port: number, agent: Agent): Promise<string> {
  const request = get({ port, host: "127.0.0.1", agent });
  try {
    const [response] = (await once(request, "response")) as [NodeJS.ReadableStream];
    response.resume();
    await once(response, "end");
    return "answered";
  } catch (thrown) {
    return String(thrown);
  }
}

const nothingLost = async (lost: Promise<string>) =>
  Promise.race([lost, new Promise((resolve) => setTimeout(resolve, 300, "nothing"))]);

test("a collector that refuses while it is waited for is lost, and one that refused before too", async () => {
  const { server, port } = await openServer();
  server.close();
  const reach = watchReach();
  const agent = await reach.agent("http:");
  const lost = reach.untilLost();
  await ask(port, agent);
  expect(await lost).toContain("ECONNREFUSED");
  expect(await reach.untilLost()).toContain("ECONNREFUSED");
});

test("a collector that is back is not lost, nor one that closed an idle connection", async () => {
  const first = await openServer();
  first.server.close();
  const reach = watchReach();
  const agent = await reach.agent("http:");
  expect(await ask(first.port, agent)).toContain("ECONNREFUSED");
  const { server, port } = await openServer(first.port);
  expect(await ask(port, agent)).toBe("answered");
  server.closeAllConnections();
  expect(await nothingLost(reach.untilLost())).toBe("nothing");
});
