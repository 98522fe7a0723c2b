import { deflateSync } from "node:zlib";

/** A line of text at a place, in points from the lower left corner. */
export interface PdfLine {
  text: string;
  x: number;
  y: number;
  size?: number;
}

export interface PdfFileOptions {
  pages: PdfLine[][];
  /** Entries of the document information: `{ Title: "(A title)" }`. */
  info?: Record<string, string>;
  /** What codes of the font mean, in place of Latin letters: `{ 1: "fi" }`. Codes are of two bytes then. */
  meanings?: Record<number, string>;
  /** More of the trailer, such as `/Encrypt 9 0 R`. */
  trailer?: string;
  /** Content of each page in place of its lines, compressed already. */
  deflated?: Buffer;
}

/** A small PDF, written by hand. */
export function pdfFile({ pages, info = {}, meanings, trailer = "", deflated }: PdfFileOptions): Buffer {
  const objects: Buffer[] = [];
  const add = (content: string | Buffer) => objects.push(Buffer.from(content as string, "latin1"));
  const stream = (bytes: Buffer, more = "") =>
    Buffer.concat([Buffer.from(`<< /Length ${bytes.length} ${more} >>\nstream\n`), bytes, Buffer.from("\nendstream")]);
  const firstPage = 7;
  const kids = pages.map((_, index) => `${firstPage + 2 * index} 0 R`);
  add("<< /Type /Catalog /Pages 2 0 R >>");
  add(`<< /Type /Pages /Kids [${kids.join(" ")}] /Count ${pages.length} >>`);
  add(
    meanings === undefined
      ? "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>"
      : "<< /Type /Font /Subtype /Type0 /BaseFont /Some /Encoding /Identity-H /DescendantFonts [4 0 R] /ToUnicode 5 0 R >>",
  );
  add(
    "<< /Type /Font /Subtype /CIDFontType2 /BaseFont /Some /DW 500 /CIDSystemInfo << /Registry (Adobe) /Ordering (Identity) /Supplement 0 >> " +
      "/FontDescriptor << /Type /FontDescriptor /FontName /Some /Flags 4 /FontBBox [0 0 1000 1000] /Ascent 800 /Descent -200 /CapHeight 700 /ItalicAngle 0 /StemV 80 >> >>",
  );
  add(stream(Buffer.from(meaningsMap(meanings ?? {}))));
  add(`<< ${Object.entries(info).map(([name, value]) => `/${name} ${value}`).join(" ")} >>`); // prettier-ignore
  for (const [index, lines] of pages.entries()) {
    const font = "/Resources << /Font << /F1 3 0 R >> >>";
    add(`<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] ${font} /Contents ${firstPage + 2 * index + 1} 0 R >>`);
    const content =
      deflated ?? deflateSync(Buffer.from(lines.map((line) => write(line, meanings)).join("\n"), "latin1"));
    add(stream(content, "/Filter /FlateDecode"));
  }
  return assemble(objects, trailer);
}

function write({ text, x, y, size = 10 }: PdfLine, meanings: PdfFileOptions["meanings"]): string {
  const shown = meanings === undefined ? `(${text.replace(/[\\()]/g, "\\$&")})` : `<${text}>`;
  return `BT /F1 ${size} Tf 1 0 0 1 ${x} ${y} Tm ${shown} Tj ET`;
}

function meaningsMap(meanings: Record<number, string>): string {
  const hex = (text: string) => Buffer.from(text, "utf16le").swap16().toString("hex");
  const lines = Object.entries(meanings).map(([code, text]) => {
    return `<${Number(code).toString(16).padStart(4, "0")}> <${hex(text)}>`;
  });
  return `/CIDInit /ProcSet findresource begin 12 dict begin begincmap /CMapName /X def /CMapType 2 def
1 begincodespacerange <0000> <ffff> endcodespacerange
${lines.length} beginbfchar
${lines.join("\n")}
endbfchar endcmap CMapName currentdict /CMap defineresource pop end end`;
}

function assemble(objects: readonly Buffer[], trailer: string): Buffer {
  const parts = [Buffer.from("%PDF-1.7\n")];
  const offsets: number[] = [];
  let size = parts[0]?.length ?? 0;
  for (const [index, content] of objects.entries()) {
    const object = Buffer.concat([Buffer.from(`${index + 1} 0 obj\n`), content, Buffer.from("\nendobj\n")]);
    offsets.push(size);
    size += object.length;
    parts.push(object);
  }
  const rows = offsets.map((offset) => `${String(offset).padStart(10, "0")} 00000 n \n`).join("");
  const count = objects.length + 1;
  parts.push(
    Buffer.from(
      `xref\n0 ${count}\n0000000000 65535 f \n${rows}trailer\n<< /Size ${count} /Root 1 0 R /Info 6 0 R ${trailer} >>\n` +
        `startxref\n${size}\n%%EOF\n`,
    ),
  );
  return Buffer.concat(parts);
}
