import type { DatasetWriter, OrderedRow } from "../data/dataset-writer.ts";
import { errorMessage } from "../errors.ts";
import { log } from "../log.ts";
import type { JsonObject } from "../message.ts";

export interface SecuringOptions<Row> {
  writer: DatasetWriter;
  /** How the dataset is made, as far as that is known before its end. */
  origin: JsonObject;
  /** Rows that wait for those before them, by their order. */
  ahead: ReadonlyMap<number, Row>;
  toRow: (row: Row) => OrderedRow["row"];
  /** Called each time with the dataset's handle. */
  onSecure: (dataset: string) => void;
}

/** As much as a process that is killed may lose; what ends before has had no such work. */
const everyMs = 1_000;
/** Of rows that are held twice meanwhile. */
const rowsAtOnce = 16;

/** Have the rows of a dataset outlast this process, again every second. Whoever begins this stops it before the end. */
export function secureRegularly<Row>({ writer, origin, ahead, toRow, onSecure }: SecuringOptions<Row>) {
  const secured = new Set<number>();
  let working: Promise<void> | undefined;

  function* next(): Generator<OrderedRow> {
    let left = rowsAtOnce;
    for (const [order, row] of ahead) {
      if (secured.has(order) || left-- <= 0) continue;
      secured.add(order);
      yield { order, row: toRow(row) };
    }
  }

  async function secure(): Promise<void> {
    const dataset = await writer.secure(origin);
    if (dataset === undefined) return clearInterval(timer);
    for (let before = -1; before < secured.size;) {
      before = secured.size;
      await writer.secureAhead(next());
    }
    onSecure(dataset);
  }

  const timer = setInterval(() => {
    working ??= secure()
      .catch((thrown: unknown) => {
        clearInterval(timer);
        log.warn(`what is fetched would not outlast this process: ${errorMessage(thrown)}`);
      })
      .finally(() => (working = undefined));
  }, everyMs);
  return {
    async stop(): Promise<void> {
      clearInterval(timer);
      await working;
    },
  };
}
