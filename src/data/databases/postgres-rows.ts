import type { Connection, FieldDef, Submittable } from "pg";
import { ToolError } from "../../errors.ts";
import type { ColumnCodec } from "./column-codec.ts";
import type { DatabaseStatement, RowSink } from "./driver.ts";
import { encodeRow, postgresCodec } from "./postgres-types.ts";
import { openRowBatch } from "./row-batch.ts";

/** A row is held whole. */
const maxRowBytes = 64 * 1024 ** 2;

export interface RowStream extends Submittable {
  /** Settles when the server is done with the statement; gives the columns' types. */
  ended: Promise<string[]>;
}

/**
 * A statement by the extended protocol, which takes only one, with its rows handed on as they come. Nothing is fetched
 * in portions: the server may then use its parallel plans, distance costs nothing, and while the sink is busy the
 * socket is not read, so that the server waits.
 */
export function openRowStream({ sql, params }: DatabaseStatement, sink: RowSink): RowStream {
  const { promise: ended, resolve, reject } = Promise.withResolvers<string[]>();
  ended.catch(() => undefined); // a connection that is cut rejects it when nobody may wait any more
  let connection: Connection | undefined;

  function fail(thrown: unknown): void {
    reject(thrown);
    connection?.stream.destroy();
  }

  /** What is thrown in an event of the socket would end the process. */
  function attempt(work: () => void): void {
    try {
      work();
    } catch (thrown) {
      fail(thrown);
    }
  }

  const flow = openRowFlow(sink, {
    pause: () => connection?.stream.pause(),
    resume: () => connection?.stream.resume(),
    fail,
  });
  const handlers = {
    handleRowDescription: ({ fields }: { fields: FieldDef[] }) => attempt(() => flow.start(fields)),
    handleDataRow: ({ fields }: { fields: (string | null)[] }) => attempt(() => flow.take(fields)),
    handleReadyForQuery: () => void flow.end().then(resolve, reject),
    handleError: reject,
    handleCommandComplete: () => undefined,
    handleEmptyQuery: () => undefined,
    handlePortalSuspended: () => undefined,
    handleCopyInResponse: fail,
    handleCopyData: () => undefined,
  };
  return {
    ...handlers,
    ended,
    submit(given) {
      connection = given;
      given.stream.on("data", (chunk: Buffer) => attempt(() => flow.count(chunk.length)));
      given.parse({ name: "", text: sql, types: [] }, true);
      given.bind({ values: [...params] }, true);
      given.describe({ type: "P" }, true);
      given.execute(null, true);
      given.sync();
    },
  };
}

interface Tap {
  pause(): void;
  resume(): void;
  fail(thrown: unknown): void;
}

/** Between the socket and the sink: rows in batches, the tap closed while the sink takes one. */
function openRowFlow(sink: RowSink, { pause, resume, fail }: Tap) {
  let codecs: ColumnCodec[] | undefined;
  const batch = openRowBatch();
  let working = Promise.resolve();
  let unreadBytes = 0;

  return {
    start(fields: readonly FieldDef[]): void {
      codecs = fields.map(postgresCodec);
      sink.start(fields.map(({ name }) => name));
    },
    take(fields: readonly (string | null)[]): void {
      unreadBytes = 0;
      if (!batch.add(encodeRow(codecs ?? [], fields))) return;
      const rows = batch.drain();
      pause();
      working = working.then(() => sink.take(rows)).then(resume);
      working.catch(fail);
    },
    /** Bytes that came in since the last row. */
    count(sizeBytes: number): void {
      unreadBytes += sizeBytes;
      if (unreadBytes > maxRowBytes)
        throw new ToolError("too_large", "a row of the result is longer than 64 MB; select less of its long values");
    },
    async end(): Promise<string[]> {
      await working;
      if (codecs === undefined)
        throw new ToolError(
          "invalid_input",
          "the statement gives no rows: only statements that read are run; write a SELECT",
        );
      await sink.take(batch.drain());
      return codecs.map((codec) => codec.type());
    },
  };
}
