/** Preloaded into a process, tells on stderr each file that it loads as a module, one a line. */
import { writeSync } from "node:fs";
import { registerHooks } from "node:module";

registerHooks({
  load(url, context, next) {
    if (url.startsWith("file:")) writeSync(2, `loaded ${url}\n`);
    return next(url, context);
  },
});
