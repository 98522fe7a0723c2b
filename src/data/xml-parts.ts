import { Parser } from "htmlparser2";
import { ToolError } from "../errors.ts";

/** What is done at the tags and texts of a part of a workbook. Names come without their prefix. */
export interface XmlHandler {
  open?: (name: string, attributes: Record<string, string>) => void;
  text?: (text: string) => void;
  close?: (name: string) => void;
}

const maxDepth = 64;

/**
 * Read XML piece by piece, and give control back after each. Entities of a document's own are no entities here, so that
 * none can grow.
 *
 * @param shown what messages call the file
 * @throws ToolError `unreadable`
 */
export async function* readXml(
  chunks: AsyncIterable<Uint8Array>,
  handler: XmlHandler,
  shown: string,
): AsyncGenerator<void> {
  let depth = 0;
  const parser = new Parser(
    {
      onopentag(name, attributes) {
        depth += 1;
        if (depth > maxDepth)
          throw new ToolError("unreadable", `'${shown}' is no workbook: its XML is nested too deeply; save it again`);
        handler.open?.(localName(name), attributes);
      },
      ontext: (text) => handler.text?.(text),
      onclosetag(name) {
        depth -= 1;
        handler.close?.(localName(name));
      },
    },
    { xmlMode: true, decodeEntities: true },
  );
  const decoder = new TextDecoder();
  for await (const chunk of chunks) {
    parser.write(decoder.decode(chunk, { stream: true }));
    yield;
  }
  parser.end(decoder.decode());
  yield;
}

/** Read all of a part. */
export async function readWholeXml(
  chunks: AsyncIterable<Uint8Array>,
  handler: XmlHandler,
  shown: string,
): Promise<void> {
  const reading = readXml(chunks, handler, shown);
  while ((await reading.next()).done !== true);
}

function localName(name: string): string {
  return name.slice(name.indexOf(":") + 1);
}
