import { ToolError } from "../errors.ts";
import type { Services } from "../tools/services.ts";

/** For tools that look at no service; one that does is told that there is none. */
export const noServices = servicesOf({});

/** Services of which there are only some. */
export function servicesOf(own: Partial<Services>): Services {
  return {
    get math() {
      return own.math ?? missingService("math");
    },
    get files() {
      return own.files ?? missingService("files");
    },
    get datasets() {
      return own.datasets ?? missingService("datasets");
    },
    get sql() {
      return own.sql ?? missingService("sql");
    },
    get databases() {
      return own.databases ?? missingService("databases");
    },
    get charts() {
      return own.charts ?? missingService("charts");
    },
    get web() {
      return own.web ?? missingService("web");
    },
    get search() {
      return own.search ?? missingService("search");
    },
  };
}

function missingService(name: string): never {
  throw new ToolError("unavailable", `this agent was made without services.${name}; pass \`services\` to createAgent`);
}
