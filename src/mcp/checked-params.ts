import type { StandardSchemaV1 } from "@modelcontextprotocol/server";

/**
 * The parameters of a request as the protocol has them. The SDK checks them too, but says "internal error", and what its
 * validator found as JSON.
 *
 * @param wants said to a client that sends others
 */
export function checkedParams<Params>(
  is: (value: unknown) => value is Params,
  wants: string,
): StandardSchemaV1<Params> {
  return {
    "~standard": {
      version: 1,
      vendor: "axoner",
      validate: (value) => (is(value) ? { value } : { issues: [{ message: wants }] }),
    },
  };
}
