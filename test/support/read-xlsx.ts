import { readFile } from "node:fs/promises";
import { crc32, inflateRawSync } from "node:zlib";
import { Parser } from "htmlparser2";

export interface SheetCell {
  /** `s` text, `n` number, `b` boolean. */
  type: "s" | "n" | "b";
  text: string;
  style: number;
}

export interface Sheet {
  name: string;
  /** The whole of the sheet's part. */
  xml: string;
  /** By place, e.g. `A1`; empty cells are not there. */
  cells: Record<string, SheetCell>;
}

/** The files of a ZIP archive, by its central directory; sizes and checksums are checked against both headers. */
function unzip(bytes: Buffer): Map<string, Buffer> {
  const files = new Map<string, Buffer>();
  const end = bytes.lastIndexOf(Buffer.from("PK\u0005\u0006"));
  let at = bytes.readUInt32LE(end + 16);
  for (let left = bytes.readUInt16LE(end + 10); left > 0; left--) {
    const [crc, packed, size] = [16, 20, 24].map((offset) => bytes.readUInt32LE(at + offset));
    const nameLength = bytes.readUInt16LE(at + 28);
    const name = bytes.toString("utf8", at + 46, at + 46 + nameLength);
    const local = bytes.readUInt32LE(at + 42);
    if (bytes.compare(bytes, at + 10, at + 28, local + 8, local + 26) !== 0) throw new Error(`${name}: headers differ`);
    const start = local + 30 + bytes.readUInt16LE(local + 26);
    const content = inflateRawSync(bytes.subarray(start, start + (packed ?? 0)));
    if (content.length !== size || crc32(content) !== crc) throw new Error(`${name}: damaged`);
    files.set(name, content);
    at += 46 + nameLength;
  }
  return files;
}

/** The one sheet of a workbook. */
export async function readXlsx(path: string): Promise<Sheet> {
  const files = unzip(await readFile(path));
  const xml = files.get("xl/worksheets/sheet1.xml")?.toString("utf8") ?? "";
  const name = /<sheet name="([^"]*)"/.exec(files.get("xl/workbook.xml")?.toString("utf8") ?? "")?.[1] ?? "";
  return { name, xml, cells: readCells(xml) };
}

function readCells(xml: string): Record<string, SheetCell> {
  const cells: Record<string, SheetCell> = {};
  let current: SheetCell | undefined;
  let inValue = false;
  const parser = new Parser(
    {
      onopentag(name, { r = "", t = "n", s = "0" }) {
        if (name === "c") {
          current = { type: t === "inlineStr" ? "s" : t === "b" ? "b" : "n", text: "", style: Number(s) };
          cells[r] = current;
        }
        inValue = name === "v" || name === "t";
      },
      ontext(text) {
        if (inValue && current !== undefined) current.text += text;
      },
      onclosetag() {
        inValue = false;
      },
    },
    { xmlMode: true, decodeEntities: true },
  );
  parser.end(xml);
  for (const cell of Object.values(cells)) {
    cell.text = cell.text.replaceAll(/_x([0-9A-F]{4})_/g, (_, code: string) => String.fromCharCode(parseInt(code, 16)));
  }
  return cells;
}
