import { isSpecType, ProtocolError, ProtocolErrorCode, type Server } from "@modelcontextprotocol/server";
import { ToolError } from "../errors.ts";
import { checkedParams } from "./checked-params.ts";
import type { Catalogue, Completing, Icon } from "./catalogue.ts";

/** The protocol takes no more in one reply. */
const maxCompletions = 100;

/** Answer what clients ask of resources, prompts and the completion of their arguments. */
export function offerCatalogue(server: Server, open: () => Promise<Catalogue>, icons: readonly Icon[]): void {
  offerResources(server, open, icons);
  offerPrompts(server, open, icons);
  const wanted = checkedParams(isSpecType.CompleteRequestParams, 'a "ref", and an "argument" with "name" and "value"');
  server.setRequestHandler("completion/complete", { params: wanted }, async ({ ref, argument }) => {
    const of = ref.type === "ref/prompt" ? { prompt: ref.name } : { template: ref.uri };
    const values = await (await open()).complete({ of, argument: argument.name, value: argument.value });
    if (values === undefined) throw invalid(`there is no argument "${shown(argument.name)}" of ${nameOf(of)}`);
    const kept = values.slice(0, maxCompletions);
    return { completion: { values: kept, total: values.length, hasMore: kept.length < values.length } };
  });
}

function offerResources(server: Server, open: () => Promise<Catalogue>, icons: readonly Icon[]): void {
  server.setRequestHandler("resources/list", async ({ params }) => {
    refuseCursor(params);
    const resources = await (await open()).resources();
    return {
      resources: resources.map(({ lastModified, ...resource }) => ({ ...resource, annotations: { lastModified } })),
    };
  });
  server.setRequestHandler("resources/templates/list", async ({ params }) => {
    refuseCursor(params);
    const templates = await (await open()).templates();
    return { resourceTemplates: templates.map((template) => ({ ...template, icons: copied(icons) })) };
  });
  const wanted = checkedParams(isSpecType.ReadResourceRequestParams, 'a "uri" that is a text');
  server.setRequestHandler("resources/read", { params: wanted }, async ({ uri }, { mcpReq: { signal } }) => {
    const found = await (await open()).read(uri, signal).catch(asInvalid);
    if (found !== undefined) return { contents: [{ uri, ...found }] };
    // the SDK sends -32602 in all revisions, also where those of 2025 have -32002; by `uri` clients of both know it
    throw invalid(`there is no resource ${shown(uri)}; resources/list names them`, { uri: shown(uri) });
  });
}

function offerPrompts(server: Server, open: () => Promise<Catalogue>, icons: readonly Icon[]): void {
  server.setRequestHandler("prompts/list", async ({ params }) => {
    refuseCursor(params);
    const prompts = await (await open()).prompts();
    return { prompts: prompts.map((prompt) => ({ ...prompt, icons: copied(icons) })) };
  });
  const wanted = checkedParams(isSpecType.GetPromptRequestParams, 'a "name", and "arguments" whose values are texts');
  server.setRequestHandler("prompts/get", { params: wanted }, async ({ name, arguments: given = {} }) => {
    const text = await (await open()).fill(name, given).catch(asInvalid);
    if (text === undefined) throw invalid(`there is no prompt "${shown(name)}"; prompts/list names them`);
    return { messages: [{ role: "user" as const, content: { type: "text" as const, text } }] };
  });
}

function copied(icons: readonly Icon[]): Icon[] {
  return icons.map((icon) => ({ ...icon }));
}

function nameOf(of: Completing["of"]): string {
  return "prompt" in of ? `the prompt "${shown(of.prompt)}"` : `the template ${shown(of.template)}`;
}

/** Of a text that a client sent. */
function shown(text: string): string {
  return text.slice(0, 200);
}

function asInvalid(thrown: unknown): never {
  throw thrown instanceof ToolError ? invalid(thrown.message) : thrown;
}

function invalid(message: string, details?: { uri: string }): ProtocolError {
  return new ProtocolError(ProtocolErrorCode.InvalidParams, message, details);
}

/** Every list comes whole, so no cursor was ever given. */
function refuseCursor(params: { cursor?: string | undefined } | undefined): void {
  if (params?.cursor === undefined) return;
  throw invalid("there is no such cursor: the list comes whole, ask for it without one");
}
