import { z } from "zod";
import type { Engine } from "../engine/engine.ts";
import { errorCodes } from "../errors.ts";
import { toJson } from "../text/text.ts";
import type { JsonObject, JsonValue } from "../message.ts";
import type { Tape } from "./tape.ts";

const object = z.record(z.string(), z.json());

const definitions = z.array(
  z.object({
    name: z.string(),
    description: z.string(),
    inputSchema: object,
    outputSchema: object,
    hints: z.object({ readOnly: z.boolean(), openWorld: z.boolean(), long: z.boolean() }),
  }),
);

const image = z.object({ data: z.string(), mimeType: z.string() });
const result = z.union([
  z.object({ ok: z.literal(true), value: object, images: z.array(image).optional() }),
  z.object({ ok: z.literal(false), code: z.enum(errorCodes), message: z.string() }),
]);

/** The tools of other MCP servers as they listed them and what they answered; a replay starts none of them. */
export function tapedServers(open: () => Promise<Engine>, tape: Tape): Engine {
  const { root } = tape;
  let opened: Promise<Engine> | undefined;
  const servers = () => (opened ??= open());
  return {
    async definitions() {
      const ask = async () => plain(await (await servers()).definitions());
      return definitions.parse(await root.asked({ to: "mcp", request: { list: "tools" }, ask }));
    },
    async call(name, input, options) {
      const request: JsonObject = { tool: name, input: plain(input) };
      const ask = async () => plain(await (await servers()).call(name, input, options));
      const { images, ...answer } = {
        images: undefined,
        ...result.parse(await root.asked({ to: "mcp", request, ask })),
      };
      return images === undefined ? answer : { ...answer, images };
    },
    close: async () => (await opened)?.close(),
  };
}

function plain(value: unknown): JsonValue {
  return z.json().parse(JSON.parse(toJson(value)));
}
