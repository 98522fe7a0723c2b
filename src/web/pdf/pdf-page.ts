import type { Pages, TaskOf } from "../pages.ts";
import type { PageAnswer } from "../page-task.ts";
import type { Pdfs } from "./pdfs.ts";

export interface PdfPage {
  pdfs: Pdfs;
  pages: Pages;
  /** What the page is read for. */
  task: Omit<TaskOf<"page">, "bytes">;
  bytes: Uint8Array<ArrayBuffer>;
  signal: AbortSignal;
}

/** Read a PDF as the page that it stands for. Throws only the signal's reason. */
export async function readPdfPage({ pdfs, pages, task, bytes, signal }: PdfPage): Promise<PageAnswer> {
  const { contentEncoding, maxBytes } = task;
  const pdf = await pdfs.read({ bytes, contentEncoding, maxBytes }, signal);
  if (!pdf.ok) return pdf;
  const html = new TextEncoder().encode(pdf.html);
  const shown = { contentType: "text/html; charset=utf-8", contentEncoding: "", bytes: html };
  const limits = { maxBytes: html.byteLength, detectScripts: false, whole: true };
  const page = await pages.read({ ...task, ...shown, ...limits }, signal);
  return page.ok ? { ...page, sizeBytes: pdf.sizeBytes, sha256: pdf.sha256 } : page;
}
