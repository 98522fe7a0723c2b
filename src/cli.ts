#!/usr/bin/env node
/** Entry of the `axoner` command. */
import { launch } from "./launch.ts";

const asked = process.argv[2] || "";
if (asked === "mcp") launch(() => import("./front.ts"), process.argv.slice(3));
else if (["--help", "-h", "help", "--version", "-V"].includes(asked))
  launch(() => import("./cli-help.ts"), process.argv.slice(2));
else launch(() => import("./cli-main.ts"), process.argv.slice(2));
