/** A tool of one's own. What `run` gets and gives has the types of `input` and `output`. */
import { defineTool, ToolError } from "axoner";
import { z } from "zod";

const percentByCity: Record<string, number> = { Lyon: 80, Oslo: 35 };

export const rain = defineTool({
  name: "rain",
  description: "The chance of rain in a city tomorrow.",
  input: z.object({ city: z.string().min(1).describe("in English, e.g. Lyon") }),
  output: z.object({ percent: z.int() }),
  hints: { readOnly: true },
  async run({ city }) {
    const percent = percentByCity[city];
    if (percent === undefined) throw new ToolError("not_found", `there is no forecast for ${city}; try Lyon or Oslo`);
    return { percent };
  },
});
