import { ProviderError } from "../../errors.ts";
import type { ModelRequest } from "../provider.ts";

/**
 * The request without what the service has just refused and can be done without: reasoning that it no longer takes
 * back (it belongs to another account, or what stood before it was changed), a format that the model cannot be held
 * to, which then stands in the instructions, or pictures of tools, which a model without eyes cannot be shown. Undefined
 * where that is not what was refused.
 */
export function simplify(
  request: ModelRequest,
  { refusal, origin }: { refusal: unknown; origin: string },
): ModelRequest | undefined {
  if (!(refusal instanceof ProviderError) || refusal.status === undefined) return undefined;
  if (refusal.status !== 400 && refusal.status !== 422) return undefined;
  const { message } = refusal;
  if (/thinking|reasoning|signature|encrypted.content/i.test(message)) return withoutBlocks(request, origin);
  if (/response_format|json_schema|output_config|output_format|structured|text\.format/i.test(message)) {
    return withFormatInWords(request);
  }
  // some servers only say that a list is no string
  if (/image|picture|vision|multi-?modal|content.{0,40}string|string.{0,40}content/i.test(message)) {
    return withoutToolPictures(request);
  }
  return undefined;
}

/** What the user shows is asked about, so that a refusal of it must be seen; what tools show may be told in words too. */
function withoutToolPictures(request: ModelRequest): ModelRequest | undefined {
  let dropped = false;
  const messages = request.messages.map((message) => {
    if (message.role !== "tool" || message.images === undefined) return message;
    dropped = true;
    const { images, ...told } = message;
    return { ...told, text: `${told.text}\n[This model cannot be shown pictures; ${images.length} were left out.]` };
  });
  return dropped ? { ...request, messages } : undefined;
}

function withoutBlocks(request: ModelRequest, origin: string): ModelRequest | undefined {
  let dropped = false;
  const messages = request.messages.map((message) => {
    if (message.role !== "assistant") return message;
    const parts = message.parts.filter((part) => part.type !== "opaque" || part.provider !== origin);
    if (parts.length === message.parts.length) return message;
    dropped = true;
    return { ...message, parts };
  });
  return dropped ? { ...request, messages } : undefined;
}

function withFormatInWords({ output, ...request }: ModelRequest): ModelRequest | undefined {
  if (output === undefined) return undefined;
  const words = `Reply with one JSON document of this JSON Schema and nothing else:\n${JSON.stringify(output.schema)}`;
  return { ...request, system: request.system === undefined ? words : `${request.system}\n\n${words}` };
}
