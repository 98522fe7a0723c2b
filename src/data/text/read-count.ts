/** How much has been read of the files that are read outside DuckDB, for whoever tells it. */
export interface ReadCount {
  done: number;
  /** Of the files that have been begun; one that is read twice counts twice. */
  total: number;
}

/** Begin to count what is read of a file. */
export function countRead(reading: ReadCount, fileBytes: number): (sizeBytes: number) => void {
  reading.total += fileBytes;
  return (sizeBytes) => {
    reading.done += sizeBytes;
    reading.total = Math.max(reading.total, reading.done);
  };
}

/** Bytes as they pass, counted. */
export async function* counted(
  chunks: AsyncIterable<Uint8Array>,
  count: (sizeBytes: number) => void,
): AsyncGenerator<Uint8Array> {
  for await (const chunk of chunks) {
    count(chunk.length);
    yield chunk;
  }
}
