import type { Message } from "../message.ts";
import { beginning, cutText } from "../text/text.ts";

const maxResultChars = 2_000;
const maxInputChars = 500;
/** Of what is too long the end says more than the beginning. */
const beginningShare = 0.25;

/** A conversation as text for a reader, with its long results cut, and its middle where it is too long still. */
export function transcriptOf(messages: readonly Message[], maxChars: number): string {
  return cutMiddle(messages.map(tell).join("\n"), maxChars, beginningShare);
}

/** A text that is too long without its middle; `share` is that of the beginning in what is left. */
export function cutMiddle(text: string, maxChars: number, share: number): string {
  if (text.length <= maxChars) return text;
  const head = beginning(text, Math.floor(maxChars * share));
  const tail = text.slice(text.length - Math.floor(maxChars * (1 - share))).replace(/^[\udc00-\udfff]/, "");
  return `${head}\n[… ${text.length - head.length - tail.length} characters are left out …]\n${tail}`;
}

function tell(message: Message): string {
  switch (message.role) {
    case "user":
      return `USER: ${message.text}`;
    case "tool":
      return `RESULT of ${message.name}: ${cutText(message.text, maxResultChars)}`;
    case "assistant":
      return message.parts
        .flatMap((part) => {
          if (part.type === "text") return [`ASSISTANT: ${part.text}`];
          if (part.type === "opaque") return [];
          return [`ASSISTANT calls ${part.call.name}: ${cutText(JSON.stringify(part.call.input), maxInputChars)}`];
        })
        .join("\n");
  }
}
