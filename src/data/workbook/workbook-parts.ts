import { ToolError } from "../../errors.ts";
import { cellFormatOf, type CellFormat } from "./cell-formats.ts";
import { checkCellLength, readWholeXml } from "./xml-parts.ts";
import type { Zip } from "../packed/zip.ts";

export interface WorkbookSheet {
  name: string;
  path: string;
  isHidden: boolean;
}

export interface WorkbookSheets {
  /** In the order of their tabs, hidden ones too. */
  sheets: WorkbookSheet[];
  is1904: boolean;
  /** It is to be calculated when it is opened, as programs ask that cannot calculate themselves. */
  isProvisional: boolean;
  /** Parts that a workbook need not have. */
  texts: string;
  styles: string;
}

/** @throws ToolError `unreadable` */
export async function readSheets(zip: Zip, shown: string): Promise<WorkbookSheets> {
  const workbook = await workbookPath(zip, shown);
  const targets = new Map((await readRelations(zip, workbook, shown)).map((one) => [one.id, one]));
  const [texts, styles] = (["sharedStrings", "styles"] as const).map(
    (kind) =>
      [...targets.values()].find(({ type }) => type.endsWith(`/${kind}`))?.path ?? pathFrom(workbook, `${kind}.xml`),
  );
  const found: WorkbookSheets = {
    sheets: [],
    is1904: false,
    isProvisional: false,
    texts: texts ?? "",
    styles: styles ?? "",
  };
  await readWholeXml(
    bounded(zip.read(workbook), shown),
    {
      open(tag, attributes) {
        if (tag === "workbookPr") found.is1904 = isTrue(attributes["date1904"]);
        if (tag === "calcPr") found.isProvisional = isTrue(attributes["fullCalcOnLoad"]);
        if (tag !== "sheet") return;
        const id = Object.entries(attributes).find(([key]) => /(^|:)id$/.test(key))?.[1] ?? "";
        const target = targets.get(id);
        const isHidden = /hidden$/i.test(attributes["state"] ?? "");
        if (target?.type.endsWith("/worksheet") === true)
          found.sheets.push({ name: attributes["name"] ?? "", path: target.path, isHidden });
      },
    },
    shown,
  );
  return found;
}

const usualPath = "xl/workbook.xml";

/** Whether files of these names are the parts of a workbook. */
export function isWorkbook(names: readonly string[]): boolean {
  return (
    names.includes(usualPath) ||
    (names.includes("[Content_Types].xml") && names.some((name) => /(^|\/)workbook[^/]*\.xml$/i.test(name)))
  );
}

/** Some programs put it elsewhere, and say where. */
async function workbookPath(zip: Zip, shown: string): Promise<string> {
  if (zip.names.includes(usualPath)) return usualPath;
  const relations = await readRelations(zip, "", shown);
  return relations.find(({ type }) => type.endsWith("/officeDocument"))?.path ?? usualPath;
}

interface Relation {
  id: string;
  type: string;
  path: string;
}

/** What a part refers to; for an empty path, what the whole package does. */
async function readRelations(zip: Zip, part: string, shown: string): Promise<Relation[]> {
  const relations: Relation[] = [];
  const at = part.lastIndexOf("/") + 1;
  await readWholeXml(
    bounded(zip.read(`${part.slice(0, at)}_rels/${part.slice(at)}.rels`), shown),
    {
      open(name, { Id: id = "", Target: target = "", Type: type = "" }) {
        if (name === "Relationship") relations.push({ id, type, path: pathFrom(part, target) });
      },
    },
    shown,
  );
  return relations;
}

function pathFrom(part: string, target: string): string {
  if (target.startsWith("/")) return target.slice(1);
  return `${part.slice(0, part.lastIndexOf("/") + 1)}${target.replace(/^\.\//, "")}`;
}

function isTrue(written = ""): boolean {
  return /^(1|true)$/.test(written);
}

/** How numbers are shown, by the number of a cell's style. */
export async function readCellFormats(zip: Zip, path: string, shown: string): Promise<(CellFormat | undefined)[]> {
  const formats: (CellFormat | undefined)[] = [];
  if (!zip.names.includes(path)) return formats;
  const codes = new Map<number, string>();
  let isInFormats = false;
  await readWholeXml(
    bounded(zip.read(path), shown),
    {
      open(name, attributes) {
        if (name === "cellXfs") isInFormats = true;
        if (name === "numFmt") codes.set(Number(attributes["numFmtId"]), attributes["formatCode"] ?? "");
        const id = Number(attributes["numFmtId"] ?? 0);
        if (name === "xf" && isInFormats) formats.push(cellFormatOf(id, codes.get(id)));
      },
      close(name) {
        if (name === "cellXfs") isInFormats = false;
      },
    },
    shown,
  );
  return formats;
}

const maxSharedChars = 256 * 1024 ** 2;
/** What a text takes besides its characters. */
const sharedTextChars = 16;

/** The texts that cells name by their number. */
export async function readSharedTexts(zip: Zip, path: string, shown: string): Promise<string[]> {
  const texts: string[] = [];
  if (!zip.names.includes(path)) return texts;
  let chars = 0;
  let text = "";
  let isText = false;
  let phonetic = 0;
  await readWholeXml(
    zip.read(path),
    {
      open(name) {
        if (name === "rPh") phonetic += 1;
        if (name === "t") isText = phonetic === 0;
      },
      text(piece) {
        if (!isText) return;
        text += piece;
        checkCellLength(text, shown);
      },
      close(name) {
        if (name === "rPh") phonetic -= 1;
        if (name === "t") isText = false;
        if (name !== "si") return;
        texts.push(unescaped(text));
        chars += text.length + sharedTextChars;
        text = "";
        if (chars > maxSharedChars)
          throw new ToolError("too_large", `'${shown}' holds more than 256 MB of texts; save the sheet as CSV`);
      },
    },
    shown,
  );
  return texts;
}

/** Characters that XML cannot hold are written as `_x000D_`. */
export function unescaped(text: string): string {
  if (!text.includes("_x")) return text;
  return text.replaceAll(/_x([0-9A-Fa-f]{4})_/g, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16)));
}

const maxPartBytes = 64 * 1024 ** 2;

async function* bounded(chunks: AsyncIterable<Uint8Array>, shown: string): AsyncGenerator<Uint8Array> {
  let length = 0;
  for await (const chunk of chunks) {
    length += chunk.length;
    if (length > maxPartBytes)
      throw new ToolError("too_large", `'${shown}' holds too many styles or sheets; save the sheet as CSV`);
    yield chunk;
  }
}
