import {
  acceptedContent,
  completable,
  inputRequired,
  type McpServer,
  type PromptMessage,
} from "@modelcontextprotocol/server";
import { z } from "zod";
import { png } from "./content.ts";

export function offerPrompts(server: McpServer): void {
  server.registerPrompt("test_simple_prompt", { description: "No arguments." }, () =>
    said("This is a simple prompt for testing."),
  );
  server.registerPrompt(
    "test_prompt_with_arguments",
    {
      description: "Two arguments.",
      argsSchema: z.object({
        arg1: completable(z.string().describe("First test argument"), (value) =>
          ["paris", "park", "party"].filter((word) => word.startsWith(value)),
        ),
        arg2: z.string().describe("Second test argument"),
      }),
    },
    ({ arg1, arg2 }) => said(`Prompt with arguments: arg1='${arg1}', arg2='${arg2}'`),
  );
  server.registerPrompt(
    "test_prompt_with_embedded_resource",
    { description: "A resource.", argsSchema: z.object({ resourceUri: z.string() }) },
    ({ resourceUri }) => {
      const resource = { uri: resourceUri, mimeType: "text/plain", text: "Embedded resource content for testing." };
      return {
        messages: [
          { role: "user", content: { type: "resource", resource } },
          user("Please process the embedded resource above."),
        ],
      };
    },
  );
  server.registerPrompt("test_prompt_with_image", { description: "A picture." }, () => ({
    messages: [
      { role: "user", content: { type: "image", data: png, mimeType: "image/png" } },
      user("Please analyze the image above."),
    ],
  }));
  server.registerPrompt("test_input_required_result_prompt", { description: "Asks first." }, ({ mcpReq }) => {
    const given = acceptedContent<{ context: string }>(mcpReq.inputResponses, "user_context");
    if (given !== undefined) return said(`Use this context: ${given.context}`);
    const requestedSchema = {
      type: "object" as const,
      properties: { context: { type: "string" as const } },
      required: ["context"],
    };
    return inputRequired({
      inputRequests: {
        user_context: inputRequired.elicit({ message: "What context should the prompt use?", requestedSchema }),
      },
    });
  });
}

function said(text: string) {
  return { messages: [user(text)] };
}

function user(text: string): PromptMessage {
  return { role: "user", content: { type: "text", text } };
}
