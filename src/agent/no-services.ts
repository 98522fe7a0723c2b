import { ToolError } from "../errors.ts";
import type { Services } from "../tools/services.ts";

/** For tools that look at no service; one that does is told that there is none. */
export const noServices: Services = {
  get math() {
    return missingService("math");
  },
  get files() {
    return missingService("files");
  },
  get datasets() {
    return missingService("datasets");
  },
  get sql() {
    return missingService("sql");
  },
  get databases() {
    return missingService("databases");
  },
  get charts() {
    return missingService("charts");
  },
  get web() {
    return missingService("web");
  },
  get search() {
    return missingService("search");
  },
};

function missingService(name: string): never {
  throw new ToolError("unavailable", `this agent was made without services.${name}; pass \`services\` to createAgent`);
}
