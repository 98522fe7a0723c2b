import { TextDecoder } from "node:util";
import { Parser } from "htmlparser2";
import { ToolError } from "../../errors.ts";

/** What is done at the tags and texts of a part of a workbook. Names come without their prefix. */
export interface XmlHandler {
  open?: (name: string, attributes: Record<string, string>) => void;
  text?: (text: string) => void;
  close?: (name: string) => void;
}

const maxDepth = 64;
/** Of one tag or comment, which is read whole. */
const maxTokenChars = 4 * 1024 ** 2;

/**
 * Read XML piece by piece, and give control back after each. Entities of a document's own are no entities here, so that
 * none can grow.
 *
 * @param shown what messages call the file
 * @throws ToolError `unreadable`, `too_large`
 */
export async function* readXml(
  chunks: AsyncIterable<Uint8Array>,
  handler: XmlHandler,
  shown: string,
): AsyncGenerator<void> {
  let depth = 0;
  let unread = 0;
  const parser = new Parser(
    {
      onopentag(name, attributes) {
        unread = 0;
        depth += 1;
        if (depth > maxDepth)
          throw new ToolError("unreadable", `'${shown}' is no workbook: its XML is nested too deeply; save it again`);
        handler.open?.(localName(name), attributes);
      },
      ontext(text) {
        unread = 0;
        handler.text?.(text);
      },
      oncomment: () => void (unread = 0),
      onclosetag(name) {
        unread = 0;
        depth -= 1;
        handler.close?.(localName(name));
      },
    },
    { xmlMode: true, decodeEntities: true },
  );
  let decoder: TextDecoder | undefined;
  for await (const chunk of chunks) {
    decoder ??= decoderOf(chunk);
    unread += chunk.length;
    parser.write(decoder.decode(chunk, { stream: true }));
    if (unread > maxTokenChars)
      throw new ToolError("too_large", `'${shown}' holds a tag of more than 4 MB; save the sheet as CSV`);
    yield;
  }
  parser.end(decoder?.decode());
  yield;
}

/** XML is UTF-8 unless it begins with a mark of UTF-16. */
function decoderOf([first, second]: Uint8Array): TextDecoder {
  if (first === 0xff && second === 0xfe) return new TextDecoder("utf-16le");
  return new TextDecoder(first === 0xfe && second === 0xff ? "utf-16be" : "utf-8");
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

/** Far more than spreadsheets let anybody write into a cell. */
const maxCellChars = 4 * 1024 ** 2;

/** @throws ToolError `too_large` */
export function checkCellLength(text: string, shown: string): void {
  if (text.length > maxCellChars)
    throw new ToolError("too_large", `'${shown}' holds a cell of more than 4 MB; save the sheet as CSV`);
}

function localName(name: string): string {
  return name.slice(name.indexOf(":") + 1);
}
