import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { JsonObject, JsonValue } from "../../src/message.ts";
import type { ScriptedReply } from "../../src/testing.ts";
import { anthropicFormat } from "./model-formats/anthropic.ts";
import { chatFormat } from "./model-formats/chat.ts";
import type { ModelFormat } from "./model-formats/format.ts";
import { responsesFormat } from "./model-formats/responses.ts";

export { replyEvents, toStream } from "./model-formats/chat.ts";

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
  headers: Readonly<Record<string, unknown>>;
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

const formats: Readonly<Record<string, ModelFormat>> = {
  "/v1/chat/completions": chatFormat,
  "/v1/messages": anthropicFormat,
  "/v1/responses": responsesFormat,
};

/**
 * A local server of Chat Completions, Anthropic's Messages and OpenAI's Responses. It refuses with status 400 what the
 * real services would refuse.
 */
export async function openModelServer(answers: readonly Answer[]): Promise<ModelServer> {
  const requests: ReceivedRequest[] = [];
  const replying = new Set<ServerResponse>();

  const server = createServer((request, response) => {
    replying.add(response);
    response.on("close", () => replying.delete(response));
    receive(request).then(
      async (received) => {
        requests.push(received);
        const format = formats[received.path];
        if (format === undefined) return sendRaw(refusal(`no such path: ${received.path}`), response);
        const problem = format.problemOf(received.body, received.headers);
        const answer = answers[Math.min(requests.length, answers.length) - 1] ?? "";
        return sendRaw(problem === undefined ? toRaw(answer, format, requests.length) : refusal(problem), response);
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

/** A stream of this text in these pieces. */
export function stream(pieces: readonly (string | Uint8Array)[], then: "end" | "cut" | "hang" = "end"): RawAnswer {
  return { raw: { headers: { "content-type": "text/event-stream" }, pieces, then } };
}

export function json(value: JsonValue, status = 200, headers: Record<string, string> = {}): RawAnswer {
  return {
    raw: { status, headers: { "content-type": "application/json", ...headers }, pieces: [JSON.stringify(value)] },
  };
}

async function receive(request: IncomingMessage): Promise<ReceivedRequest> {
  let text = "";
  for await (const piece of request.setEncoding("utf8")) text += piece as string;
  const body = JSON.parse(text) as JsonObject;
  const { url = "", headers } = request;
  return { path: url, authorization: headers.authorization, headers, body };
}

function toRaw(answer: Answer, format: ModelFormat, count: number): RawAnswer {
  if (typeof answer === "object" && "raw" in answer) return answer;
  const reply = typeof answer === "string" ? { text: answer } : answer;
  if (reply.error === undefined) return stream([format.stream(reply, `reply-${count}`)]);
  const { message, retryable = false } = reply.error;
  return json({ type: "error", error: { type: "invalid_request_error", message } }, retryable ? 503 : 400);
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
  return json({ type: "error", error: { type: "invalid_request_error", message: problem } }, 400);
}
