import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { isJsonObject, type JsonObject } from "../../src/message.ts";
import type { ScriptedReply } from "../../src/testing.ts";
import { chatFormat } from "./model-formats/chat.ts";

/** A service that has the same conversation with each of many sessions, which it tells apart by the token in the question. */
export interface StockService {
  origin: string;
  /** What was wrong with requests: refused by the format, a history that is not the session's, or another one's token. */
  problems: string[];
  refusals(): number;
  close(): Promise<void>;
}

/** Two calls at once, one call, the end. */
function replyTo(token: string, turn: number): Exclude<ScriptedReply, string> {
  const call = (name: string, item: string) => ({ name, input: { token, item }, id: `${token}-${item}` });
  if (turn === 0) return { tool_calls: [call("look_up", "bolts"), call("look_up", "nuts")] };
  return turn === 1 ? { tool_calls: [call("order", "both")] } : { text: `Ordered for ${token}.` };
}

/** What the history of a session holds after so many turns. */
const historyAfter = ["user", "user,assistant,tool,tool", "user,assistant,tool,tool,assistant,tool"];

/** @param refuses whether the nth request of all is refused, with 429 and 500 in turn */
export async function openStockService(refuses: (count: number) => boolean = () => false): Promise<StockService> {
  const problems: string[] = [];
  let requests = 0;
  let refusals = 0;

  const answer = (text: string, response: ServerResponse) => {
    if (refuses(++requests)) {
      response.writeHead(++refusals % 2 === 0 ? 429 : 500, { "content-type": "application/json" });
      return response.end('{"error":{"message":"not now"}}');
    }
    const body = JSON.parse(text) as JsonObject;
    const tokens = new Set(text.match(/tok\d+x/g));
    const [token = ""] = tokens;
    const messages = Array.isArray(body["messages"]) ? body["messages"] : [];
    const roles = messages.map((message) => (isJsonObject(message) ? message["role"] : undefined));
    const turn = roles.filter((role) => role === "assistant").length;
    const problem = chatFormat.problemOf(body, {});
    if (problem !== undefined) problems.push(problem);
    if (tokens.size !== 1) problems.push(`one request holds ${[...tokens].join(" and ")}`);
    if (roles.join() !== historyAfter[turn]) problems.push(`the history of ${token} is ${roles.join()}`);
    response.writeHead(200, { "content-type": "text/event-stream" });
    return response.end(chatFormat.stream(replyTo(token, turn), `${token}-${turn}`));
  };

  const server = createServer((request, response) => {
    read(request).then(
      (text) => answer(text, response),
      () => response.destroy(),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", 2_000, resolve));
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    problems,
    refusals: () => refusals,
    close() {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

async function read(request: IncomingMessage): Promise<string> {
  let text = "";
  for await (const piece of request.setEncoding("utf8")) text += piece as string;
  return text;
}
