/** The parts of a workbook of one sheet, besides the sheet. ECMA-376. */
export function workbookParts(sheetName: string, area: string): [name: string, xml: string][] {
  const quoted = `'${sheetName.replaceAll("'", "''")}'`;
  const filter = `<definedName name="_xlnm._FilterDatabase" localSheetId="0" hidden="1">${escapeXml(quoted)}!${area}</definedName>`;
  const sheet = `<sheet name="${escapeXml(sheetName)}" sheetId="1" r:id="rId1"/>`;
  return [
    [
      "[Content_Types].xml",
      `${declaration}<Types xmlns="${packages}/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/><Override PartName="/xl/workbook.xml" ContentType="${spreadsheet}.sheet.main+xml"/><Override PartName="/xl/worksheets/sheet1.xml" ContentType="${spreadsheet}.worksheet+xml"/><Override PartName="/xl/styles.xml" ContentType="${spreadsheet}.styles+xml"/></Types>`,
    ],
    ["_rels/.rels", relationships([["officeDocument", "xl/workbook.xml"]])],
    [
      "xl/workbook.xml",
      `${declaration}<workbook xmlns="${main}" xmlns:r="${documents}"><sheets>${sheet}</sheets><definedNames>${filter}</definedNames></workbook>`,
    ],
    [
      "xl/_rels/workbook.xml.rels",
      relationships([
        ["worksheet", "worksheets/sheet1.xml"],
        ["styles", "styles.xml"],
      ]),
    ],
    ["xl/styles.xml", styles()],
  ];
}

/** Positions in the list of cell formats. */
export const cellStyles = {
  header: 1,
  date: 2,
  timestamp: 3,
  timestampMs: 4,
  utcTimestamp: 5,
  utcTimestampMs: 6,
  time: 7,
  timeMs: 8,
  /** Text that begins as a formula does: it stays text when its cell is edited. */
  quoted: 9,
} as const;

export const declaration = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n';
export const main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
const packages = "http://schemas.openxmlformats.org/package/2006";
const documents = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
const spreadsheet = "application/vnd.openxmlformats-officedocument.spreadsheetml";

/** Number formats, from 164 on, which is the first that a workbook may define. */
const formats = [
  "yyyy\\-mm\\-dd",
  "yyyy\\-mm\\-dd\\ hh:mm:ss",
  "yyyy\\-mm\\-dd\\ hh:mm:ss.000",
  'yyyy\\-mm\\-dd\\ hh:mm:ss"Z"',
  'yyyy\\-mm\\-dd\\ hh:mm:ss.000"Z"',
  "hh:mm:ss",
  "hh:mm:ss.000",
];

function styles(): string {
  const numbered = formats.map((code, index) => `<numFmt numFmtId="${164 + index}" formatCode="${escapeXml(code)}"/>`);
  const cells = [
    '<xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/>',
    '<xf numFmtId="0" fontId="1" fillId="0" borderId="0" xfId="0" applyFont="1"/>',
    ...formats.map(
      (_, index) => `<xf numFmtId="${164 + index}" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/>`,
    ),
    '<xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0" quotePrefix="1"/>',
  ];
  const font = '<sz val="11"/><name val="Calibri"/><family val="2"/>';
  return (
    `${declaration}<styleSheet xmlns="${main}"><numFmts count="${formats.length}">${numbered.join("")}</numFmts>` +
    `<fonts count="2"><font>${font}</font><font><b/>${font}</font></fonts>` +
    '<fills count="2"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill></fills>' +
    '<borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>' +
    '<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>' +
    `<cellXfs count="${cells.length}">${cells.join("")}</cellXfs>` +
    '<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>'
  );
}

function relationships(targets: readonly [type: string, target: string][]): string {
  const list = targets.map(
    ([type, target], index) => `<Relationship Id="rId${index + 1}" Type="${documents}/${type}" Target="${target}"/>`,
  );
  return `${declaration}<Relationships xmlns="${packages}/relationships">${list.join("")}</Relationships>`;
}

/** What XML cannot hold, as spreadsheets write it, and texts that look like that. */
const escaped =
  /[\u0000-\u0008\u000b\u000c\u000d\u000e-\u001f\ufffe\uffff]|_(?=x[0-9A-Fa-f]{4}_)|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;
const special = /[&<>"\u0000-\u0008\u000b-\u001f\ud800-\udfff\ufffe\uffff]|_x/;

/** A text inside an element or between double quotes. */
export function escapeXml(text: string): string {
  if (!special.test(text)) return text;
  return text
    .replace(escaped, (char) => `_x${char.charCodeAt(0).toString(16).toUpperCase().padStart(4, "0")}_`)
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;");
}

const forbiddenInNames = /[[\]:*?/\\\u0000-\u001f]/g;

/** A name that a sheet can have: at most 31 characters, some of them not allowed. */
export function sheetNameOf(title: string): string {
  const name = title
    .replace(forbiddenInNames, " ")
    .trim()
    .slice(0, 31)
    .replace(/^'+|'+$/g, "")
    .trim();
  return name === "" || /^history$/i.test(name) ? "Data" : name.toWellFormed();
}

/** `A`, `B`, … `Z`, `AA`, …: what the column of an index is called. */
export function columnLetters(index: number): string {
  const rest = Math.floor(index / 26);
  return (rest === 0 ? "" : columnLetters(rest - 1)) + String.fromCharCode(65 + (index % 26));
}
