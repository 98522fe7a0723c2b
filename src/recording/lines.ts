import { z } from "zod";

/** What a recording begins with. */
export const headLine = z.object({
  axoner: z.literal("recording"),
  version: z.literal(1),
  made_by: z.string(),
  made_at: z.string(),
  /** What a replay takes where it is not told otherwise. */
  settings: z.object({
    provider: z.string().optional(),
    model: z.string().optional(),
    base_url: z.string().optional(),
    fallback: z.array(z.string()).optional(),
  }),
  /** The names of the keys that there were. */
  keys: z.array(z.string()),
  /** Addresses among them, which are no secrets. */
  addresses: z.record(z.string(), z.string()),
  /** Whether other MCP servers had tools. */
  other_servers: z.boolean(),
});

const failure = z.object({
  name: z.string(),
  message: z.string(),
  /** Of the system or the HTTP client. */
  code: z.string().optional(),
  /** Of a tool's error. */
  tool: z.string().optional(),
});

const headers = z.record(z.string(), z.union([z.string(), z.array(z.string())]));

/** Every further line. `id` joins what belongs to one question; `of` says whose work a value belongs to. */
export const bodyLine = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("asked"), id: z.string(), to: z.string(), request: z.record(z.string(), z.json()) }),
  z.object({ kind: z.literal("head"), id: z.string(), status: z.int(), headers, reason: z.string().optional() }),
  z.object({ kind: z.literal("data"), id: z.string(), text: z.string().optional(), base64: z.string().optional() }),
  z.object({ kind: z.literal("piece"), id: z.string(), value: z.json() }),
  z.object({
    kind: z.literal("end"),
    id: z.string(),
    value: z.json().optional(),
    failure: failure.optional(),
    /** Whoever asked wanted no more. */
    left: z.literal(true).optional(),
  }),
  z.object({ kind: z.literal("value"), of: z.string(), what: z.string(), value: z.union([z.string(), z.number()]) }),
  z.object({ kind: z.literal("turn"), of: z.string(), what: z.string() }),
  z.object({ kind: z.literal("address"), host: z.string(), port: z.int(), address: z.string() }),
  z.object({ kind: z.literal("event"), of: z.string(), event: z.record(z.string(), z.json()) }),
]);

export type HeadLine = z.infer<typeof headLine>;
export type BodyLine = z.infer<typeof bodyLine>;
export type Failure = z.infer<typeof failure>;
