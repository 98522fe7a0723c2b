import {
  brotliCompressSync,
  constants,
  deflateRawSync,
  deflateSync,
  gzipSync,
  zstdCompressSync,
  type BrotliOptions,
} from "node:zlib";
import { page, send, type HostileAnswer } from "./hostile-server.ts";

const quick: BrotliOptions = { params: { [constants.BROTLI_PARAM_QUALITY]: 4 } };
const bombBytes = 200_000_000;

/** Bodies that come to far more than was sent. */
export const bombs: Record<string, HostileAnswer> = {
  "bomb-gzip": packed("gzip", () => gzipSync(zeros())),
  "bomb-gzip-members": packed("gzip", () => repeated(gzipSync(Buffer.alloc(10_000_000)), 500)),
  "bomb-deflate": packed("deflate", () => deflateSync(zeros())),
  "bomb-deflate-raw": packed("deflate", () => deflateRawSync(zeros())),
  "bomb-br": packed("br", () => brotliCompressSync(zeros(), quick)),
  "bomb-zstd": packed("zstd", () => zstdCompressSync(zeros())),
  "bomb-zstd-frames": packed("zstd", () => repeated(zstdCompressSync(Buffer.alloc(10_000_000)), 5_000)),
  "bomb-zstd-window": packed("zstd", wideWindow),
  "bomb-gzip-gzip": packed("gzip, gzip", () => gzipSync(gzipSync(zeros()))),
  "bomb-br-gzip": packed("br, gzip", () => gzipSync(brotliCompressSync(zeros(), quick))),
  "bomb-zstd-br": packed("zstd, br", () => brotliCompressSync(zstdCompressSync(zeros()), quick)),
  "bomb-layers": packed(Array.from({ length: 1_000 }, () => "gzip").join(), () => gzipSync("<p>x")),
  // 1 KB is the body, which is a file of 1 MB, which comes to 1 GB.
  "bomb-file.gz": packed("gzip", () => gzipSync(gzipSync(Buffer.alloc(1_000_000_000))), "application/gzip"),
  "bomb-robots": packed("gzip", () => gzipSync(zeros()), "text/plain"),
};

function zeros(): Buffer {
  return Buffer.alloc(bombBytes, " ");
}

function repeated(part: Uint8Array, times: number): Buffer {
  return Buffer.concat(Array.from({ length: times }, () => part));
}

/** A few bytes that make a reader set 128 MB aside to look back on. */
function wideWindow(): Buffer {
  const params = { [constants.ZSTD_c_windowLog]: 27, [constants.ZSTD_c_contentSizeFlag]: 0 };
  return zstdCompressSync(Buffer.alloc(140_000_000, "<p>x"), { params }).subarray(0, 60_000);
}

/** The body is made when it is asked for first: most tests ask for a few. */
function packed(encoding: string, make: () => Uint8Array, type = "text/html"): HostileAnswer {
  let body: Uint8Array | undefined;
  return (socket, path) => {
    body ??= make();
    return page(body, { "Content-Encoding": encoding, "Content-Type": type })(socket, path);
  };
}

/** Pages of the size that is just let in, each of one thing over and over. */
const pageBytes = 9_900_000;

export const largePages: Record<string, HostileAnswer> = {
  "nested-100000": html(() => "<div>".repeat(100_000)),
  "nested-lists": html(() => "<ul><li>x".repeat(100_000)),
  "nested-quotes": html(() => "<blockquote>x".repeat(100_000)),
  "nested-tables": html(() => "<table><tr><td>x".repeat(50_000)),
  "nested-formatting": html(() => "<b><i><a href=x>".repeat(100_000)),
  "unclosed-forms": html(() => fill("<form>")),
  elements: html(() => fill("<p>")),
  links: html(() => counted((n) => `<a href=${n}>x`, 700_000)),
  "long-links": html(
    () => `<base href="http://127.0.0.1/${"a".repeat(50_000)}/">${counted((n) => `<a href=${n}>x`, 500_000)}`,
  ),
  attributes: html(() => `<p ${counted((n) => `a${n}=1 `, 800_000)}>hello`),
  "attribute-long": html(() => `<p title="${"a".repeat(pageBytes)}">hello`),
  cells: html(() => `<table><tr>${fill("<td>x")}`),
  rows: html(() => `<table>${fill("<tr><td>x")}`),
  tables: html(() => fill("<table><tr><td>x</table>")),
  spans: html(() => `<table>${"<tr><td colspan=1000 rowspan=65534>x".repeat(20_000)}`),
  text: html(() => fill("lorem ipsum ")),
  "text-one-word": html(() => "a".repeat(pageBytes)),
  "text-wide": html(() => "汉".repeat(pageBytes / 3)),
  "text-mixed": html(() => `<p>${fill("a漢<b>é</b> ")}`),
  entities: html(() => fill("&lt;")),
  "entities-unknown": html(() => fill("&ampampamp ")),
  comments: html(() => fill("<!-->")),
  "comment-open": html(() => `<!--${fill("- ")}`),
  scripts: html(() => fill("<script>x</script>")),
  "tag-open": html(() => fill("<")),
  titles: html(() => fill("<title>x</title>")),
  headings: html(() => fill("<h1>x</h1>")),
  images: html(() => fill('<img src=x alt="y">')),
  code: html(() => `<pre>${fill("```\n")}`),
  "json-ld": html(() => `<script type="application/ld+json">${"[".repeat(pageBytes)}</script>`),
  "json-ld-many": html(() => fill('<script type="application/ld+json">{"@type":"x"}</script>')),
  json: typed("application/json", () => `[${fill("[],")}]`),
  feed: typed(
    "application/rss+xml",
    () => `<rss><channel>${fill("<item><title>x</title><link>http://a.example/</link></item>")}`,
  ),
  "not-utf-8": typed("text/html; charset=utf-8", () => Buffer.alloc(pageBytes, 0xff)),
  "lies-utf-16": typed("text/html; charset=utf-16", () => fill("<p>hello ")),
  "lies-twice": typed("text/html; charset=gbk", () => `<meta charset=shift_jis><p>h\xe9llo ${fill("é")}`),
  "lies-unknown": typed("text/html; charset=x-none", () => '<meta charset="nothing"><p>hello'),
  "page-200-mb": async (socket) => {
    const part = Buffer.alloc(1_000_000, "<p>lorem ipsum ");
    let open = await send(socket, "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 200000000\r\n\r\n");
    for (let sent = 0; open && sent < 200; sent += 1) open = await send(socket, part);
  },
  "page-200-mb-chunks": async (socket) => {
    const part = `f4240\r\n${"<p>lorem ipsum ".repeat(70_000).slice(0, 1_000_000)}\r\n`;
    let open = await send(socket, "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nTransfer-Encoding: chunked\r\n\r\n");
    for (let sent = 0; open && sent < 200; sent += 1) open = await send(socket, part);
    if (open) socket.write("0\r\n\r\n");
  },
};

const middlingBytes = 5_000_000;

/** Pages of 5 MB, of which several are under way at a time. */
export const middlingPages: Record<string, HostileAnswer> = {
  "middling-em": html(() => fill("<em>x</em> ", middlingBytes)),
  "middling-em-open": html(() => fill("<em>", middlingBytes)),
  "middling-pre": html(() => `<pre>${"\n".repeat(middlingBytes)}`),
  "middling-rows": html(() => `<table>${fill("<tr><td>x", middlingBytes)}`),
  "middling-headings": html(() => fill("<h1>x</h1>", middlingBytes)),
  "middling-images": html(() => fill('<img src=x alt="y">', middlingBytes)),
  "middling-items": html(() => `<ul>${fill("<li>lorem ipsum", middlingBytes)}`),
};

function html(make: () => string): HostileAnswer {
  return typed("text/html; charset=utf-8", () => `<title>T</title>${make()}`);
}

function typed(type: string, make: () => string | Buffer): HostileAnswer {
  let body: Buffer | undefined;
  return (socket, path) => {
    const made = body ?? make();
    body = typeof made === "string" ? Buffer.from(made) : made;
    return page(body, { "Content-Type": type })(socket, path);
  };
}

function fill(piece: string, bytes = pageBytes): string {
  return piece.repeat(Math.floor(bytes / Buffer.byteLength(piece)));
}

function counted(piece: (n: number) => string, times: number): string {
  return Array.from({ length: times }, (_, n) => piece(n)).join("");
}
