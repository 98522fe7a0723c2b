export const maxUrlChars = 4_096;

/** Whether a text is an address of which a page can be asked. */
export function isPageUrl(text: string): boolean {
  return text.length <= maxUrlChars && isWebUrl(text);
}

/** Whether a text is an absolute http or https address. */
export function isWebUrl(text: string): boolean {
  return /^https?:$/.test(URL.parse(text)?.protocol ?? "");
}
