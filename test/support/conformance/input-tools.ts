import {
  acceptedContent,
  CLIENT_CAPABILITIES_META_KEY,
  inputRequired,
  inputResponse,
  ProtocolError,
  ProtocolErrorCode,
  type InputRequest,
  type McpServer,
  type RequestStateCodec,
  type ServerContext,
} from "@modelcontextprotocol/server";
import { isJsonObject } from "../../../src/message.ts";
import { text, type RoundState } from "./content.ts";

/** Tools that need an answer of the client's before they have one of their own: the 2026 revision's way to ask. */
export function offerInputTools(server: McpServer, state: RequestStateCodec<RoundState>): void {
  server.registerTool("test_input_required_result_elicitation", { description: "Asks for a name." }, ({ mcpReq }) => {
    const name = nameIn(mcpReq, "user_name");
    if (name !== undefined) return text(`Hello, ${name}!`);
    return inputRequired({ inputRequests: { user_name: askFor("name", "What is your name?") } });
  });
  server.registerTool("test_input_required_result_sampling", { description: "Asks the model." }, ({ mcpReq }) => {
    const answer = sampledIn(mcpReq, "capital_question");
    if (answer !== undefined) return text(answer);
    return inputRequired({ inputRequests: { capital_question: askModel("What is the capital of France?", 100) } });
  });
  server.registerTool("test_input_required_result_list_roots", { description: "Asks for roots." }, ({ mcpReq }) => {
    const roots = rootsIn(mcpReq);
    if (roots !== undefined) return text(`Roots: ${roots.join(", ")}`);
    return inputRequired({ inputRequests: { client_roots: inputRequired.listRoots() } });
  });
  server.registerTool("test_input_required_result_capabilities", { description: "Asks what it may." }, ({ mcpReq }) => {
    const { envelope } = mcpReq;
    const capabilities = isJsonObject(envelope) ? envelope[CLIENT_CAPABILITIES_META_KEY] : undefined;
    const has = (name: string) => isJsonObject(capabilities) && name in capabilities;
    const answered = nameIn(mcpReq, "user_name") ?? sampledIn(mcpReq, "greeting");
    if (answered !== undefined) return text(answered);
    return inputRequired({
      inputRequests: {
        ...(has("elicitation") ? { user_name: askFor("name", "What is your name?") } : {}),
        ...(has("sampling") ? { greeting: askModel("Generate a greeting", 50) } : {}),
      },
    });
  });
  server.registerTool("test_streaming_elicitation", { description: "Asks after it has begun." }, async ({ mcpReq }) => {
    await mcpReq.log("info", "About to ask");
    return inputRequired({ inputRequests: { user_name: askFor("name", "What is your name?") } });
  });
  server.registerTool("test_missing_capability", { description: "Needs sampling." }, () =>
    inputRequired({ inputRequests: { question: askModel("Anything", 10) } }),
  );
  offerStatefulTools(server, state);
}

function offerStatefulTools(server: McpServer, state: RequestStateCodec<RoundState>): void {
  const confirmed = async (context: ServerContext, done: string) => {
    const { mcpReq } = context;
    if (
      mcpReq.requestState<RoundState>() !== undefined &&
      acceptedContent(mcpReq.inputResponses, "confirm") !== undefined
    )
      return text(done);
    const requestedSchema = {
      type: "object" as const,
      properties: { ok: { type: "boolean" as const } },
      required: ["ok"],
    };
    return inputRequired({
      inputRequests: { confirm: inputRequired.elicit({ message: "Please confirm", requestedSchema }) },
      requestState: await state.mint({ step: 1 }, context),
    });
  };
  server.registerTool("test_input_required_result_request_state", { description: "Keeps a state." }, (context) =>
    confirmed(context, "state-ok"),
  );
  server.registerTool(
    "test_input_required_result_tampered_state",
    { description: "Keeps a signed state." },
    (context) => confirmed(context, "The state is as it was."),
  );
  server.registerTool(
    "test_input_required_result_multiple_inputs",
    { description: "Asks three ways." },
    async (context) => {
      const { mcpReq } = context;
      const given = [nameIn(mcpReq, "user_name"), sampledIn(mcpReq, "greeting"), rootsIn(mcpReq)?.join(", ")];
      if (given.every((one) => one !== undefined)) return text(given.join(" / "));
      return inputRequired({
        inputRequests: {
          user_name: askFor("name", "What is your name?"),
          greeting: askModel("Generate a greeting", 50),
          client_roots: inputRequired.listRoots(),
        },
        requestState: await state.mint({ step: 1 }, context),
      });
    },
  );
  server.registerTool("test_input_required_result_multi_round", { description: "Asks twice." }, async (context) => {
    const { mcpReq } = context;
    const { step, name = "" } = mcpReq.requestState<RoundState>() ?? { step: 0 };
    if (step === 0) return round(context, { step: 1 }, { step1: askFor("name", "Step 1: What is your name?") });
    if (step === 1) {
      const given = nameIn(mcpReq, "step1");
      if (given === undefined) throw new ProtocolError(ProtocolErrorCode.InvalidParams, "step1 is not answered");
      return round(
        context,
        { step: 2, name: given },
        { step2: askFor("color", "Step 2: What is your favorite color?") },
      );
    }
    const { color = "" } = acceptedContent<{ color: string }>(mcpReq.inputResponses, "step2") ?? {};
    return text(`${name} likes ${color}.`);
  });
  const round = async (context: ServerContext, next: RoundState, inputRequests: Record<string, InputRequest>) =>
    inputRequired({ inputRequests, requestState: await state.mint(next, context) });
}

type McpRequest = ServerContext["mcpReq"];

function nameIn({ inputResponses }: McpRequest, key: string): string | undefined {
  const { name } = acceptedContent<{ name?: unknown }>(inputResponses, key) ?? {};
  return typeof name === "string" ? name : undefined;
}

function sampledIn({ inputResponses }: McpRequest, key: string): string | undefined {
  const given = inputResponse(inputResponses, key);
  if (given.kind !== "sampling") return undefined;
  const { content } = given.result;
  const first = Array.isArray(content) ? content[0] : content;
  return first?.type === "text" ? first.text : "";
}

function rootsIn({ inputResponses }: McpRequest): string[] | undefined {
  const given = inputResponse(inputResponses, "client_roots");
  return given.kind === "roots" ? given.roots.map(({ uri }) => uri) : undefined;
}

function askFor(field: string, message: string): InputRequest {
  const requestedSchema = {
    type: "object" as const,
    properties: { [field]: { type: "string" as const } },
    required: [field],
  };
  return inputRequired.elicit({ message, requestedSchema });
}

function askModel(question: string, maxTokens: number): InputRequest {
  return inputRequired.createMessage({
    messages: [{ role: "user", content: { type: "text", text: question } }],
    maxTokens,
  });
}
