/** Whether a reply can only be binary, by its type alone: then its body need not be fetched. */
export function isBinaryType(contentType: string): boolean {
  const type = mediaType(contentType);
  return type !== "" && !isHtml(type) && !isText(type) && !isGzip(type);
}

/** Sitemaps are mostly kept compressed, as files. */
function isGzip(type: string): boolean {
  return type === "application/gzip" || type === "application/x-gzip";
}

/** What the bytes of a reply are. */
export function kindOf(contentType: string, bytes: Uint8Array): "html" | "text" | "binary" {
  const type = mediaType(contentType);
  if (isBinaryType(contentType)) return "binary";
  const head = bytes.subarray(0, 1_024);
  const isWide = (head[0] === 0xff && head[1] === 0xfe) || (head[0] === 0xfe && head[1] === 0xff);
  if (head.includes(0) && !isDamaged(type, head) && !isWide && !/charset\s*=\s*"?utf-(?:16|32)/i.test(contentType))
    return "binary";
  if (isHtml(type)) return "html";
  if (isText(type)) return "text";
  return /^\s*<(?:!doctype|!--|[a-z])/i.test(new TextDecoder().decode(head)) ? "html" : "text";
}

/** A NUL is passed over in what is said to be HTML, unless there are other characters that no text has. */
function isDamaged(type: string, head: Uint8Array): boolean {
  const others = head.filter((byte) => byte !== 0);
  return isHtml(type) && others.length > 0 && !others.some(isBinary);
}

/** https://mimesniff.spec.whatwg.org/#binary-data-byte */
function isBinary(byte: number): boolean {
  return byte <= 8 || byte === 11 || (byte >= 14 && byte <= 26) || (byte >= 28 && byte <= 31);
}

function isHtml(type: string): boolean {
  return type === "text/html" || type === "application/xhtml+xml";
}

function isText(type: string): boolean {
  return /^text\/|[/+](?:json|xml|yaml|x-yaml|javascript|x-javascript|ld\+json|x-ndjson|jsonl|toml|sql|csv)$/.test(
    type,
  );
}

function mediaType(contentType: string): string {
  return (contentType.split(";", 1)[0] ?? "").trim().toLowerCase();
}
