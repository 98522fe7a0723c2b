import { setTimeout as delay } from "node:timers/promises";
import { fromJsonSchema, type McpServer } from "@modelcontextprotocol/server";
import { z } from "zod";
import { png, text, wav } from "./content.ts";

/** Tools that answer at once, with what the suite names. */
export function offerPlainTools(server: McpServer): void {
  server.registerTool("test_simple_text", { description: "A text." }, () =>
    text("This is a simple text response for testing."),
  );
  server.registerTool("test_image_content", { description: "A picture." }, () => ({
    content: [{ type: "image", data: png, mimeType: "image/png" }],
  }));
  server.registerTool("test_audio_content", { description: "A sound." }, () => ({
    content: [{ type: "audio", data: wav, mimeType: "audio/wav" }],
  }));
  server.registerTool("test_embedded_resource", { description: "A resource." }, () => ({
    content: [
      {
        type: "resource",
        resource: {
          uri: "test://embedded-resource",
          mimeType: "text/plain",
          text: "This is an embedded resource content.",
        },
      },
    ],
  }));
  server.registerTool("test_multiple_content_types", { description: "A text, a picture and a resource." }, () => ({
    content: [
      { type: "text", text: "Multiple content types test:" },
      { type: "image", data: png, mimeType: "image/png" },
      {
        type: "resource",
        resource: {
          uri: "test://mixed-content-resource",
          mimeType: "application/json",
          text: JSON.stringify({ test: "data", value: 123 }),
        },
      },
    ],
  }));
  server.registerTool("test_error_handling", { description: "Fails." }, () => {
    throw new Error("This tool intentionally returns an error for testing");
  });
  server.registerTool("test_tool_with_logging", { description: "Tells what it does." }, async ({ mcpReq }) => {
    await mcpReq.log("info", "Tool execution started");
    await delay(50);
    await mcpReq.log("info", "Tool processing data");
    await delay(50);
    await mcpReq.log("info", "Tool execution completed");
    return text("Logged three times.");
  });
  server.registerTool("test_logging_tool", { description: "Tells once." }, async ({ mcpReq }) => {
    await mcpReq.log("info", "Nobody may have asked to be told this");
    return text("Logged once.");
  });
  server.registerTool(
    "test_custom_headers",
    {
      description: "Takes an argument that stands in a header too.",
      inputSchema: z.object({ region: z.string().meta({ "x-mcp-header": "Region" }) }),
    },
    ({ region }) => text(region),
  );
  server.registerTool(
    "json_schema_2020_12_tool",
    { description: "Takes what the dialect can say.", inputSchema: fromJsonSchema(dialect) },
    () => text("ok"),
  );
  server.registerTool("test_tool_with_progress", { description: "Tells how far it is." }, async ({ mcpReq }) => {
    const progressToken = mcpReq._meta?.progressToken;
    for (const progress of [0, 50, 100]) {
      if (progressToken !== undefined)
        await mcpReq.notify({ method: "notifications/progress", params: { progressToken, progress, total: 100 } });
      await delay(50);
    }
    return text("Done in three steps.");
  });
  server.registerTool(
    "test_sampling",
    { description: "Asks the client's model.", inputSchema: z.object({ prompt: z.string() }) },
    async ({ prompt }, { mcpReq }) => {
      const messages = [{ role: "user" as const, content: { type: "text" as const, text: prompt } }];
      const { content } = await mcpReq.requestSampling({ messages, maxTokens: 100 });
      const answer = Array.isArray(content) ? content[0] : content;
      return text(`LLM response: ${answer?.type === "text" ? answer.text : ""}`);
    },
  );
  offerElicitations(server);
}

const dialect = {
  $schema: "https://json-schema.org/draft/2020-12/schema",
  type: "object",
  $defs: {
    address: {
      $anchor: "addressDef",
      type: "object",
      properties: { street: { type: "string" }, city: { type: "string" } },
    },
  },
  properties: {
    name: { type: "string" },
    address: { $ref: "#/$defs/address" },
    contactMethod: { type: "string", enum: ["phone", "email"] },
    phone: { type: "string" },
    email: { type: "string" },
  },
  allOf: [{ anyOf: [{ required: ["phone"] }, { required: ["email"] }] }],
  if: { properties: { contactMethod: { const: "phone" } }, required: ["contactMethod"] },
  then: { required: ["phone"] },
  else: { required: ["email"] },
  additionalProperties: false,
};

function offerElicitations(server: McpServer): void {
  server.registerTool(
    "test_elicitation",
    { description: "Asks the user.", inputSchema: z.object({ message: z.string() }) },
    async ({ message }, { mcpReq }) => {
      const given = await mcpReq.elicitInput({
        message,
        requestedSchema: {
          type: "object",
          properties: {
            username: { type: "string", description: "User's response" },
            email: { type: "string", description: "User's email address" },
          },
          required: ["username", "email"],
        },
      });
      return text(`User response: action=${given.action}, content=${JSON.stringify(given.content ?? {})}`);
    },
  );
  server.registerTool(
    "test_elicitation_sep1034_defaults",
    { description: "Asks with answers put in." },
    async ({ mcpReq }) => {
      const given = await mcpReq.elicitInput({
        message: "Please check what is put in",
        requestedSchema: {
          type: "object",
          properties: {
            name: { type: "string", default: "John Doe" },
            age: { type: "integer", default: 30 },
            score: { type: "number", default: 95.5 },
            status: { type: "string", enum: ["active", "inactive", "pending"], default: "active" },
            verified: { type: "boolean", default: true },
          },
        },
      });
      return text(`Elicitation completed: action=${given.action}, content=${JSON.stringify(given.content ?? {})}`);
    },
  );
  server.registerTool("test_elicitation_sep1330_enums", { description: "Asks to choose." }, async ({ mcpReq }) => {
    const titled = [
      { const: "value1", title: "First Option" },
      { const: "value2", title: "Second Option" },
      { const: "value3", title: "Third Option" },
    ];
    const plain = ["option1", "option2", "option3"];
    const given = await mcpReq.elicitInput({
      message: "Please choose",
      requestedSchema: {
        type: "object",
        properties: {
          untitledSingle: { type: "string", enum: plain },
          titledSingle: { type: "string", oneOf: titled },
          legacyEnum: {
            type: "string",
            enum: ["opt1", "opt2", "opt3"],
            enumNames: ["Option One", "Option Two", "Option Three"],
          },
          untitledMulti: { type: "array", items: { type: "string", enum: plain } },
          titledMulti: { type: "array", items: { anyOf: titled } },
        },
      },
    });
    return text(`Elicitation completed: action=${given.action}, content=${JSON.stringify(given.content ?? {})}`);
  });
}
