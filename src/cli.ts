#!/usr/bin/env node
/** Entry of the `axoner` command. */
import { launch } from "./launch.ts";

if (process.argv[2] === "mcp") launch(() => import("./front.ts"), process.argv.slice(3));
else launch(() => import("./cli-main.ts"), process.argv.slice(2));
