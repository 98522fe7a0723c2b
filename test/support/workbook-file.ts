import { zipFile } from "./zip-file.ts";

export interface WorkbookOptions {
  /** The XML of the rows of each sheet, by its name. */
  sheets: Record<string, string>;
  sharedTexts?: string[];
  /** Number formats; the style of a cell is the place of its format in this list, from 1. */
  formats?: string[];
  is1904?: boolean;
  /** The names of sheets that are not shown. */
  hidden?: string[];
  /** To be calculated when it is opened. */
  isProvisional?: boolean;
  /** The folder of its parts. */
  folder?: string;
}

/** A workbook of the parts that a spreadsheet program writes. */
export function workbookFile(
  { sheets, sharedTexts = [], formats = [], ...options }: WorkbookOptions,
  { stored = false } = {},
): Buffer {
  const { is1904 = false, hidden = [], isProvisional = false, folder = "xl/" } = options;
  const names = Object.keys(sheets);
  const stateOf = (name: string) => (hidden.includes(name) ? ' state="hidden"' : "");
  const tabs = names.map(
    (name, index) => `<sheet name="${name}" sheetId="${index + 1}"${stateOf(name)} r:id="rId${index + 1}"/>`,
  );
  const relations = names.map(
    (_, index) =>
      `<Relationship Id="rId${index + 1}" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet${index + 1}.xml"/>`,
  );
  const codes = formats.map((code, index) => `<numFmt numFmtId="${200 + index}" formatCode="${code}"/>`);
  const styles = formats.map((_, index) => `<xf numFmtId="${200 + index}"/>`);
  const parts = [
    { name: "[Content_Types].xml", content: "<Types/>" },
    {
      name: "_rels/.rels",
      content: `<Relationships><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="${folder}workbook.xml"/></Relationships>`,
    },
    {
      name: `${folder}workbook.xml`,
      content: `<workbook><workbookPr date1904="${is1904}"/><sheets>${tabs.join("")}</sheets><calcPr fullCalcOnLoad="${isProvisional}"/></workbook>`,
    },
    { name: `${folder}_rels/workbook.xml.rels`, content: `<Relationships>${relations.join("")}</Relationships>` },
    {
      name: `${folder}sharedStrings.xml`,
      content: `<sst>${sharedTexts.map((text) => `<si>${text}</si>`).join("")}</sst>`,
    },
    {
      name: `${folder}styles.xml`,
      content: `<styleSheet><numFmts>${codes.join("")}</numFmts><cellStyleXfs><xf numFmtId="14"/></cellStyleXfs><cellXfs><xf numFmtId="0"/>${styles.join("")}</cellXfs></styleSheet>`,
    },
    ...names.map((name, index) => ({
      name: `${folder}worksheets/sheet${index + 1}.xml`,
      content: `<?xml version="1.0"?><worksheet><sheetData>${sheets[name]}</sheetData></worksheet>`,
    })),
  ];
  return zipFile(parts.map((part) => ({ ...part, stored })));
}

/** A row of a sheet: text as it is, numbers as numbers, nothing for null. */
export function sheetRow(number: number, cells: readonly (string | number | null)[], from = "A"): string {
  const xml = cells.map((cell, index) => {
    const place = `${String.fromCharCode(from.charCodeAt(0) + index)}${number}`;
    if (cell === null) return "";
    return typeof cell === "number"
      ? `<c r="${place}"><v>${cell}</v></c>`
      : `<c r="${place}" t="inlineStr"><is><t>${cell}</t></is></c>`;
  });
  return `<row r="${number}">${xml.join("")}</row>`;
}
