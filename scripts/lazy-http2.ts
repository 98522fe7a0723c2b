import { readFile } from "node:fs/promises";
import { constants } from "node:http2";
import type { Plugin } from "esbuild";

const eager = "http2 = require('node:http2')";

/**
 * Let undici load `node:http2` with the first connection that speaks it. To load it takes a third as long as Node takes
 * to start, and for a name or two undici does it with its first request.
 */
export function lazyHttp2(): Plugin {
  return {
    name: "lazy-http2",
    setup(build) {
      build.onLoad({ filter: /undici[\\/]lib[\\/]dispatcher[\\/]client-h2\.js$/ }, async ({ path }) => {
        const source = await readFile(path, "utf8");
        if (source.split(eager).length !== 2) throw new Error(`${path} loads node:http2 in another way than it did`);
        const names = [...source.matchAll(/^ {4}((?:HTTP2|NGHTTP2)_\w+),?$/gm)].map(([, name = ""]) => name);
        const known = Object.fromEntries(Object.entries(constants).filter(([name]) => names.includes(name)));
        if (names.length === 0 || Object.keys(known).length !== names.length) throw new Error(`${path} is another one`);
        const lazy = `http2 = { constants: ${JSON.stringify(known)}, connect: (...given) => require('node:http2').connect(...given) }`;
        return { contents: source.replace(eager, () => lazy), loader: "js" };
      });
    },
  };
}
