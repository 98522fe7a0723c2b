/** A tool of your own: `axoner mcp --plugin rate-supplier.mjs`, or `Bridge(plugin="rate-supplier.mjs")`. */
import { defineTool } from "axoner";
import { z } from "zod";

export const rateSupplier = defineTool({
  name: "rate_supplier",
  description: "Grade a supplier from A to D by its lead time and rating.",
  input: z.object({
    lead_days: z.number().min(0).describe("days from order to delivery"),
    rating: z.number().min(0).max(5).describe("stars"),
  }),
  output: z.object({ grade: z.enum(["A", "B", "C", "D"]) }),
  hints: { readOnly: true },
  async run({ lead_days, rating }) {
    const points = rating - lead_days / 10;
    return { grade: points > 3.5 ? "A" : points > 2.5 ? "B" : points > 1.5 ? "C" : "D" };
  },
});
