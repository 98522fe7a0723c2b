import { z } from "zod";
import { isJsonObject, type AssistantPart } from "../../message.ts";
import { parseArguments, parseJson } from "./parse-json.ts";

export const callSchema = z.object({
  index: z.number().nullish(),
  id: z.string().nullish(),
  function: z
    .object({
      name: z.string().nullish(),
      arguments: z.union([z.string(), z.record(z.string(), z.unknown())]).nullish(),
    })
    .nullish(),
});

interface PartialCall {
  id: string;
  name: string;
  /** The text of the arguments as far as it has come. */
  arguments: string;
}

/**
 * Puts the tool calls of a reply together. Chunks belong together by their index. Some servers send whole calls
 * under one index, told apart by their ids, and some send no index at all. `inventId` names the calls of servers that
 * do not.
 */
export function openCalls(inventId: () => string) {
  const byIndex = new Map<number, PartialCall>();
  const byId = new Map<string, PartialCall>();
  const calls: PartialCall[] = [];

  const callOf = ({ index, id, function: named }: z.output<typeof callSchema>): PartialCall => {
    const known = index == null ? (id ? byId.get(id) : calls.at(-1)) : byIndex.get(index);
    const isAnother = known !== undefined && id && named?.name && known.id !== "" && known.id !== id;
    if (known !== undefined && !isAnother) return known;
    const call = { id: "", name: "", arguments: "" };
    calls.push(call);
    if (index != null) byIndex.set(index, call);
    return call;
  };

  return {
    take(chunk: z.output<typeof callSchema>) {
      const call = callOf(chunk);
      const piece = chunk.function?.arguments ?? "";
      call.id ||= chunk.id ?? "";
      if (call.id !== "" && !byId.has(call.id)) byId.set(call.id, call);
      call.name ||= chunk.function?.name ?? "";
      call.arguments += typeof piece === "string" ? piece : JSON.stringify(piece);
    },
    count: () => calls.length,
    /** Whether the arguments of each have come to their end; none at all may be some that did not come. */
    areWhole: () => calls.every(({ arguments: text }) => isJsonObject(parseJson(text))),
    finish(): AssistantPart[] {
      const taken = new Set<string>();
      return calls.map(({ id, name, arguments: text }) => {
        const unique = id === "" || taken.has(id) ? `call_${inventId()}` : id;
        taken.add(unique);
        return { type: "tool_call", call: { id: unique, name, input: parseArguments(text) } };
      });
    },
  };
}
