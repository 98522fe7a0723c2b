import { ToolError } from "../../errors.ts";
import { dateStyleOf, type DateStyle } from "./sheet-dates.ts";
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
}

/** @throws ToolError `unreadable` */
export async function readSheets(zip: Zip, shown: string): Promise<WorkbookSheets> {
  const targets = new Map<string, string>();
  await readWholeXml(
    bounded(zip.read("xl/_rels/workbook.xml.rels"), shown),
    {
      open(name, { Id = "", Target = "", Type = "" }) {
        if (name !== "Relationship" || !Type.endsWith("/worksheet")) return;
        targets.set(Id, Target.startsWith("/") ? Target.slice(1) : `xl/${Target.replace(/^\.\//, "")}`);
      },
    },
    shown,
  );
  const found: WorkbookSheets = { sheets: [], is1904: false, isProvisional: false };
  await readWholeXml(
    bounded(zip.read("xl/workbook.xml"), shown),
    {
      open(tag, attributes) {
        if (tag === "workbookPr") found.is1904 = isTrue(attributes["date1904"]);
        if (tag === "calcPr") found.isProvisional = isTrue(attributes["fullCalcOnLoad"]);
        if (tag !== "sheet") return;
        const id = Object.entries(attributes).find(([key]) => /(^|:)id$/.test(key))?.[1] ?? "";
        const path = targets.get(id);
        const isHidden = /hidden$/i.test(attributes["state"] ?? "");
        if (path !== undefined) found.sheets.push({ name: attributes["name"] ?? "", path, isHidden });
      },
    },
    shown,
  );
  return found;
}

function isTrue(written = ""): boolean {
  return /^(1|true)$/.test(written);
}

/** What is a date, by the number of a cell's style. */
export async function readDateStyles(zip: Zip, shown: string): Promise<(DateStyle | undefined)[]> {
  const styles: (DateStyle | undefined)[] = [];
  if (!zip.names.includes("xl/styles.xml")) return styles;
  const codes = new Map<number, string>();
  let isInFormats = false;
  await readWholeXml(
    bounded(zip.read("xl/styles.xml"), shown),
    {
      open(name, attributes) {
        if (name === "cellXfs") isInFormats = true;
        if (name === "numFmt") codes.set(Number(attributes["numFmtId"]), attributes["formatCode"] ?? "");
        const id = Number(attributes["numFmtId"] ?? 0);
        if (name === "xf" && isInFormats) styles.push(dateStyleOf(id, codes.get(id)));
      },
      close(name) {
        if (name === "cellXfs") isInFormats = false;
      },
    },
    shown,
  );
  return styles;
}

const maxSharedChars = 256 * 1024 ** 2;
/** What a text takes besides its characters. */
const sharedTextChars = 16;

/** The texts that cells name by their number. */
export async function readSharedTexts(zip: Zip, shown: string): Promise<string[]> {
  const texts: string[] = [];
  if (!zip.names.includes("xl/sharedStrings.xml")) return texts;
  let chars = 0;
  let text = "";
  let isText = false;
  let phonetic = 0;
  await readWholeXml(
    zip.read("xl/sharedStrings.xml"),
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
