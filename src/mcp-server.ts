/** Entry of the MCP server process; the same as `axoner mcp`. */
import { launch } from "./launch.ts";

launch(() => import("./front.ts"), process.argv.slice(2));
