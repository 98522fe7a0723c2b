import { errorMessage, ToolError } from "../../errors.ts";
import { cutText } from "../../text/text.ts";
import { escapeHtml } from "../simplify.ts";
import { inReadingOrder, median, type Piece } from "./layout.ts";
import { toParagraphs, type Paragraph } from "./paragraphs.ts";

const maxPages = 2_000;
const maxChars = 20_000_000;

/**
 * The text of a PDF as HTML: what it says of itself in the head, then page by page in the order of reading.
 *
 * @throws ToolError `unreadable` for what is encrypted, damaged or holds no text; `too_large`
 */
export async function readPdf(bytes: Uint8Array): Promise<string> {
  const { getDocument } = await import("unpdf/pdfjs");
  const loading = getDocument({
    data: bytes,
    useSystemFonts: false,
    disableFontFace: true,
    enableXfa: false,
    verbosity: 0,
  });
  try {
    const document = await loading.promise;
    if (document.numPages > maxPages)
      throw new ToolError(
        "too_large",
        `the PDF has ${document.numPages} pages, more than the ${maxPages} that are read`,
      );
    const pages = await readPages(document);
    if (pages.every((page) => page.length === 0)) {
      const what = document.numPages === 1 ? "its page is a picture" : `its ${document.numPages} pages are pictures`;
      throw new ToolError(
        "unreadable",
        `the PDF holds no text: ${what}, perhaps scanned, and text in pictures is not read`,
      );
    }
    return toHtml(pages, await document.getMetadata());
  } catch (thrown) {
    if (thrown instanceof ToolError) throw thrown;
    throw new ToolError("unreadable", whyNot(thrown), { cause: thrown });
  } finally {
    await loading.destroy();
  }
}

function whyNot(thrown: unknown): string {
  const name = thrown instanceof Error ? thrown.name : "";
  if (name === "PasswordException") return "the PDF is encrypted and needs a password";
  if (name === "InvalidPDFException") return "the file is no PDF, or a damaged or incomplete one";
  return `the PDF cannot be read (${cutText(errorMessage(thrown), 200)})`;
}

/** Of pdf.js, what is used here. */
interface PdfDocument {
  numPages: number;
  getPage(number: number): Promise<{ getTextContent(): Promise<{ items: object[] }>; cleanup(): void }>;
}

async function readPages(document: PdfDocument): Promise<Piece[][]> {
  const pages: Piece[][] = [];
  let chars = 0;
  for (let number = 1; number <= document.numPages; number += 1) {
    const page = await document.getPage(number);
    const { items } = await page.getTextContent();
    const pieces = items.flatMap(toPiece);
    chars += pieces.reduce((sum, { text }) => sum + text.length, 0);
    if (chars > maxChars) throw new ToolError("too_large", `the PDF comes to more than ${maxChars} characters`);
    pages.push(inReadingOrder(pieces));
    page.cleanup();
  }
  return pages;
}

function toPiece(item: object): Piece[] {
  if (!("str" in item && "transform" in item && "width" in item)) return [];
  const { str, transform, width } = item as { str: string; transform: number[]; width: number };
  const [, , c = 0, d = 0, x = 0, y = 0] = transform;
  if (str === "") return [];
  return [{ text: plain(str), x, y, width, size: Math.hypot(c, d) || 1 }];
}

/** Ligatures are letters again, and what fonts leave without a meaning goes. */
function plain(text: string): string {
  return text
    .replace(/[\ufb00-\ufb06]/g, (ligature) => ligature.normalize("NFKC"))
    .replace(/[\u0000-\u001f\ufffe\uffff]/g, "");
}

function toHtml(pages: readonly Piece[][], metadata: { info: object }): string {
  const bodySize = median(pages.flatMap((page) => page.map(({ size }) => size)));
  const bodies = pages.map((page, index) => {
    const mark = pages.length === 1 ? "" : `<p>[page ${index + 1}]</p>\n`;
    return `${mark}${toParagraphs(page, bodySize).map(paragraphHtml).join("\n")}`;
  });
  return `<!doctype html><html${head(metadata.info)}<body>\n${bodies.join("\n")}\n</body></html>`;
}

function paragraphHtml({ isHeading, text }: Paragraph): string {
  return isHeading ? `<h2>${escapeHtml(text)}</h2>` : `<p>${escapeHtml(text)}</p>`;
}

function head(info: object): string {
  const said = info as Record<string, unknown>;
  const text = (name: string) => {
    const value = said[name];
    return typeof value === "string" ? escapeHtml(cutText(value.trim(), 1_000)) : "";
  };
  const meta = (name: string, content: string) => (content === "" ? "" : `<meta name="${name}" content="${content}">`);
  const date = (name: string, property: string) => {
    const value = isoDate(text(name));
    return value === "" ? "" : `<meta property="${property}" content="${value}">`;
  };
  const language = text("Language");
  return (
    `${language === "" ? "" : ` lang="${language}"`}><head><title>${text("Title")}</title>` +
    `${meta("author", text("Author"))}${meta("description", text("Subject"))}${meta("keywords", text("Keywords"))}` +
    `${date("CreationDate", "article:published_time")}${date("ModDate", "article:modified_time")}</head>`
  );
}

/** `D:20261128053000+01'00'` */
function isoDate(text: string): string {
  const found = /^(?:D:)?(\d{4})(\d\d)?(\d\d)?(?:(\d\d)(\d\d)(\d\d)?(Z|[+-]\d\d'?(?:\d\d)?)?)?/.exec(
    text.replace(/&#?\w+;/g, "'"),
  );
  if (found === null) return "";
  const [, year, month = "01", day = "01", hour, minute, second = "00", zone = "Z"] = found;
  if (hour === undefined) return `${year}-${month}-${day}`;
  const offset = zone === "Z" ? "Z" : `${zone.slice(0, 3)}:${zone.replace("'", "").slice(3, 5) || "00"}`;
  return `${year}-${month}-${day}T${hour}:${minute}:${second}${offset}`;
}
