import type { Answer } from "./model-server.ts";
import type { Route } from "./site.ts";

/** A run of the built command whose recording is kept in `test/fixtures/recordings`. */
export interface RecordedRun {
  name: string;
  /** Those that a replay is given too. */
  args: string[];
  routes: Record<string, Route | string>;
  answers: (origin: string) => Answer[];
}

const allowed = ["--allow-private", "127.0.0.1"];
const page = (title: string, price: number) =>
  `<html lang="en"><head><title>${title}</title></head><body><main><h1>${title}</h1>
   <p class="price">${price} euros</p><p>Delivered within three days.</p></main></body></html>`;

export const recordedRuns: readonly RecordedRun[] = [
  {
    name: "prices",
    args: ["run", "Which pump is cheapest?", "--events", "--tools", "scrape,query_data", ...allowed],
    routes: {
      "/pumps/1": page("Pump Adda", 120),
      "/pumps/2": page("Pump Bora", 95),
      "/pumps/3": (response) => void response.writeHead(302, { location: "/pumps/2" }).end(),
      "/private": page("Hidden", 1),
      "/robots.txt": (response) => {
        response.writeHead(200, { "content-type": "text/plain" }).end("User-agent: *\nDisallow: /private\n");
      },
    },
    answers: (origin) => [
      {
        text: "I read the pages first.",
        tool_calls: [
          {
            name: "scrape",
            input: {
              urls: ["/pumps/1", "/pumps/2", "/pumps/3", "/pumps/4", "/private"].map((path) => origin + path),
              select: [{ name: "price", css: ".price" }],
              save_as: "pumps",
            },
          },
        ],
      },
      {
        tool_calls: [
          { name: "query_data", input: { sql: "select title, price from pumps where price is not null order by url" } },
          { name: "query_data", input: { sql: "select titel from pumps" } },
        ],
      },
      "Pump Bora is cheapest, at 95 euros.",
    ],
  },
];

/** Events without the folder that they came about in. */
export function toPortable(events: string, cwd: string): string {
  return events.replaceAll(cwd, "{cwd}");
}
