import type { Readable } from "node:stream";

/**
 * The lines of UTF-8, without their ends. Only a newline ends one: what Unicode counts as a separator too may stand inside a
 * text of JSON, and `node:readline` would cut the line there.
 */
export async function* eachLine(stream: Readable): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let unfinished: string[] = [];
  for await (const chunk of stream as AsyncIterable<Uint8Array>) {
    const parts = decoder.decode(chunk, { stream: true }).split("\n");
    const last = parts.pop() ?? "";
    for (const part of parts) {
      yield unfinished.join("") + part;
      unfinished = [];
    }
    unfinished.push(last);
  }
  const rest = unfinished.join("") + decoder.decode();
  if (rest !== "") yield rest;
}
