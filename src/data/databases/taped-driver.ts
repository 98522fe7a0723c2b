import { z } from "zod";
import type { Taping } from "../../taping.ts";
import type { DatabaseDriver, RowSink } from "./driver.ts";

const end = z.object({ types: z.array(z.string()), notes: z.array(z.string()) });
const piece = z.union([z.object({ columns: z.array(z.string()) }), z.object({ rows: z.array(z.array(z.string())) })]);
type Piece = z.infer<typeof piece>;

/** A database whose answers are recorded; in a replay it is not even looked for. */
export function tapedDriver(database: string, open: () => Promise<DatabaseDriver>, taping: Taping): DatabaseDriver {
  return {
    async run({ sql, params }, sink, signal) {
      const answer = await taping.asked({
        to: "database",
        request: { database, sql, params: [...params] },
        ask: async (keep) => {
          const driver = await open();
          return { ...(await driver.run({ sql, params }, telling(sink, keep), signal)) };
        },
        onPiece: async (kept) => {
          const one = piece.parse(kept);
          if ("columns" in one) sink.start(one.columns);
          else await sink.take(one.rows);
        },
      });
      return end.parse(answer);
    },
  };
}

function telling(sink: RowSink, keep: (kept: Piece) => void): RowSink {
  return {
    start(columns) {
      keep({ columns: [...columns] });
      sink.start(columns);
    },
    async take(rows) {
      if (rows.length > 0) keep({ rows: rows.map((row) => [...row]) });
      await sink.take(rows);
    },
  };
}
