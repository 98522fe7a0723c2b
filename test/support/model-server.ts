import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { isJsonObject, type JsonObject, type JsonValue } from "../../src/message.ts";
import type { ScriptedReply } from "../../src/testing.ts";

/** What the server does with one request. Answers are used up in their order; the last is repeated. */
export type Answer = ScriptedReply | RawAnswer;

/** Anything a broken, foreign or busy server may send. */
export interface RawAnswer {
  raw: {
    status?: number;
    headers?: Record<string, string>;
    /** Sent one by one, each in a packet of its own. */
    pieces?: readonly (string | Uint8Array)[];
    /** After the pieces: end properly, break the connection, or say nothing more. */
    then?: "end" | "cut" | "hang";
  };
}

export interface ReceivedRequest {
  path: string;
  authorization: string | undefined;
  body: JsonObject;
}

export interface ModelServer {
  /** `http://127.0.0.1:PORT`, without `/v1`. */
  origin: string;
  requests: ReceivedRequest[];
  /** Connections on which a request is being answered. */
  openReplies(): number;
  close(): Promise<void>;
}

/** A local server of Chat Completions. It refuses with status 400 what OpenAI's own would refuse. */
export async function openModelServer(answers: readonly Answer[]): Promise<ModelServer> {
  const requests: ReceivedRequest[] = [];
  const replying = new Set<ServerResponse>();

  const server = createServer((request, response) => {
    replying.add(response);
    response.on("close", () => replying.delete(response));
    receive(request).then(
      async (received) => {
        requests.push(received);
        const problem = problemOf(received);
        const answer = answers[Math.min(requests.length, answers.length) - 1] ?? "";
        await send(problem === undefined ? answer : refusal(problem), response, requests.length);
      },
      (thrown: unknown) => response.destroy(thrown instanceof Error ? thrown : undefined),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    origin: `http://127.0.0.1:${port}`,
    requests,
    openReplies: () => replying.size,
    close() {
      server.closeAllConnections();
      return new Promise((resolve, reject) => server.close((error) => (error ? reject(error) : resolve())));
    },
  };
}

/** The events of a streamed reply, as OpenAI sends them: two halves of each text and of each call's arguments. */
export function replyEvents(reply: ScriptedReply, id = "chatcmpl-1"): string[] {
  const {
    text = "",
    tool_calls: calls = [],
    usage,
    stop_reason: stop,
  } = typeof reply === "string" ? { text: reply } : reply;
  const deltas: JsonObject[] = [{ role: "assistant", content: "" }];
  for (const piece of halves(text)) deltas.push({ content: piece });
  for (const [index, { id: callId, name }] of calls.entries()) {
    deltas.push({
      tool_calls: [{ index, id: callId ?? `${id}-${index}`, type: "function", function: { name, arguments: "" } }],
    });
  }
  const pieces = calls.map(({ input = {} }) => halves(typeof input === "string" ? input : JSON.stringify(input)));
  for (const half of [0, 1]) {
    for (const [index, both] of pieces.entries()) {
      if (both[half] !== undefined) deltas.push({ tool_calls: [{ index, function: { arguments: both[half] } }] });
    }
  }
  const chunk = (choices: JsonValue, counted: JsonValue = null) =>
    JSON.stringify({ id, object: "chat.completion.chunk", created: 1, model: "mock", choices, usage: counted });
  const finish = stop === undefined ? (calls.length > 0 ? "tool_calls" : "stop") : finishReasons[stop];
  return [
    ...deltas.map((delta) => chunk([{ index: 0, delta, finish_reason: null }])),
    chunk([{ index: 0, delta: {}, finish_reason: finish }]),
    ...(usage ? [chunk([], { prompt_tokens: usage.input_tokens, completion_tokens: usage.output_tokens })] : []),
    "[DONE]",
  ];
}

export function toStream(events: readonly string[], newline = "\n"): string {
  return events.map((event) => `data: ${event}${newline}${newline}`).join("");
}

/** A stream of this text in these pieces. */
export function stream(pieces: readonly (string | Uint8Array)[], then: "end" | "cut" | "hang" = "end"): RawAnswer {
  return { raw: { headers: { "content-type": "text/event-stream" }, pieces, then } };
}

export function json(value: JsonValue, status = 200, headers: Record<string, string> = {}): RawAnswer {
  return {
    raw: { status, headers: { "content-type": "application/json", ...headers }, pieces: [JSON.stringify(value)] },
  };
}

const finishReasons = { end: "stop", tool_calls: "tool_calls", length: "length", refusal: "content_filter" } as const;

function halves(text: string): string[] {
  const middle = Math.ceil(text.length / 2);
  return [text.slice(0, middle), text.slice(middle)].filter((half) => half !== "");
}

async function receive(request: IncomingMessage): Promise<ReceivedRequest> {
  let text = "";
  for await (const piece of request.setEncoding("utf8")) text += piece as string;
  const body = JSON.parse(text) as JsonObject;
  return { path: request.url ?? "", authorization: request.headers.authorization, body };
}

async function send(answer: Answer, response: ServerResponse, count: number): Promise<void> {
  if (typeof answer === "object" && "raw" in answer) return sendRaw(answer, response);
  if (typeof answer === "object" && answer.error !== undefined) {
    const { message, retryable = false } = answer.error;
    return sendRaw(json({ error: { message } }, retryable ? 503 : 400), response);
  }
  return sendRaw(stream([toStream(replyEvents(answer, `chatcmpl-${count}`))]), response);
}

async function sendRaw({ raw }: RawAnswer, response: ServerResponse): Promise<void> {
  const { status = 200, headers = {}, pieces = [], then = "end" } = raw;
  response.socket?.setNoDelay(true);
  response.writeHead(status, headers).flushHeaders();
  for (const piece of pieces) {
    if (response.destroyed) return;
    response.write(piece);
    await new Promise(setImmediate);
  }
  if (then === "end") response.end();
  if (then === "cut") response.destroy();
}

function refusal(problem: string): RawAnswer {
  return json({ error: { message: problem, type: "invalid_request_error" } }, 400);
}

/** Why OpenAI would refuse the request. */
function problemOf({ path, body }: ReceivedRequest): string | undefined {
  if (path !== "/v1/chat/completions") return `no such path: ${path}`;
  if (typeof body["model"] !== "string" || body["stream"] !== true) return "model and stream are required";
  const tools = body["tools"];
  if (tools !== undefined && (!Array.isArray(tools) || tools.length === 0 || !tools.every(isTool))) return "bad tools";
  const messages = body["messages"];
  return Array.isArray(messages) && messages.length > 0 ? problemOfMessages(messages) : "messages are required";
}

function isTool(tool: JsonValue): boolean {
  const named = isJsonObject(tool) && tool["type"] === "function" ? tool["function"] : undefined;
  if (!isJsonObject(named) || !isJsonObject(named["parameters"])) return false;
  return isName(named["name"]) && named["parameters"]["type"] === "object";
}

/** Every tool call must be answered right behind it, each once, and nothing else may be. */
function problemOfMessages(messages: readonly JsonValue[]): string | undefined {
  let open: (JsonValue | undefined)[] = [];
  for (const [index, message] of messages.entries()) {
    if (!isJsonObject(message)) return `messages.${index} is no object`;
    const { role, content, tool_calls: calls, tool_call_id: callId } = message;
    if (role === "tool") {
      if (!open.includes(callId)) return `messages.${index} answers no call`;
      open = open.filter((id) => id !== callId);
      if (typeof content !== "string") return `messages.${index} has no content`;
      continue;
    }
    if (open.length > 0) return `before messages.${index}: calls without an answer: ${JSON.stringify(open)}`;
    if (role === "system" && index !== 0) return `messages.${index}: system must come first`;
    if (role !== "system" && role !== "user" && role !== "assistant") return `messages.${index}: bad role`;
    if (Array.isArray(calls)) {
      if (role !== "assistant" || calls.length === 0 || !calls.every(isCall))
        return `messages.${index}: bad tool_calls`;
      open = calls.map((call) => (isJsonObject(call) ? call["id"] : undefined));
      if (new Set(open).size !== open.length) return `messages.${index}: ids are not unique`;
    } else if (typeof content !== "string") return `messages.${index} has no content`;
  }
  return open.length > 0 ? `calls without an answer at the end: ${JSON.stringify(open)}` : undefined;
}

function isCall(call: JsonValue): boolean {
  const named = isJsonObject(call) && typeof call["id"] === "string" ? call["function"] : undefined;
  if (!isJsonObject(named) || !isName(named["name"])) return false;
  return typeof named["arguments"] === "string" && JSON.parse(named["arguments"]) !== undefined;
}

function isName(value: JsonValue | undefined): boolean {
  return typeof value === "string" && /^[a-zA-Z0-9_-]{1,64}$/.test(value);
}
