import { ResourceTemplate, type McpServer } from "@modelcontextprotocol/server";
import { png } from "./content.ts";

export function offerResources(server: McpServer): void {
  const offerText = (name: string, uri: string, text: string) =>
    server.registerResource(name, uri, { description: `The ${name}.`, mimeType: "text/plain" }, () => ({
      contents: [{ uri, mimeType: "text/plain", text }],
    }));
  offerText("static text", "test://static-text", "This is the content of the static text resource.");
  offerText("watched text", "test://watched-resource", "This may change.");
  const picture = "test://static-binary";
  server.registerResource("static picture", picture, { description: "A picture.", mimeType: "image/png" }, () => ({
    contents: [{ uri: picture, mimeType: "image/png", blob: png }],
  }));
  const template = new ResourceTemplate("test://template/{id}/data", { list: undefined });
  server.registerResource("numbered data", template, { description: "One for each id." }, (uri, { id }) => ({
    contents: [
      {
        uri: uri.href,
        mimeType: "application/json",
        text: JSON.stringify({ id, templateTest: true, data: `Data for ID: ${String(id)}` }),
      },
    ],
  }));
}
