import type { JsonValue } from "../message.ts";

/** Formats in which people write dates. Days and months of one text may fit two of them. */
const dateFormats: readonly { format: string; pattern: RegExp }[] = [
  { format: "%Y-%m-%d", pattern: /^\d{4}-(0[1-9]|1[0-2])-([0-2]\d|3[01])$/ },
  { format: "%Y%m%d", pattern: /^(19|20)\d{2}(0[1-9]|1[0-2])([0-2]\d|3[01])$/ },
  { format: "%d.%m.%Y", pattern: /^([0-2]?\d|3[01])\.(0?[1-9]|1[0-2])\.\d{4}$/ },
  { format: "%d/%m/%Y", pattern: /^([0-2]?\d|3[01])\/(0?[1-9]|1[0-2])\/\d{4}$/ },
  { format: "%m/%d/%Y", pattern: /^(0?[1-9]|1[0-2])\/([0-2]?\d|3[01])\/\d{4}$/ },
  { format: "%d-%m-%Y", pattern: /^([0-2]?\d|3[01])-(0?[1-9]|1[0-2])-\d{4}$/ },
  { format: "%m-%d-%Y", pattern: /^(0?[1-9]|1[0-2])-([0-2]?\d|3[01])-\d{4}$/ },
  { format: "%Y/%m/%d", pattern: /^\d{4}\/(0?[1-9]|1[0-2])\/([0-2]?\d|3[01])$/ },
  { format: "%d-%b-%Y", pattern: /^\d{1,2}-[A-Z][a-z]{2}-\d{4}$/ },
  { format: "%d %B %Y", pattern: /^\d{1,2} [A-Z][a-z]{2,8} \d{4}$/ },
];

/** The formats that a date may be written in. */
export function likelyDateFormats(text: string): string[] {
  return dateFormats.filter(({ pattern }) => pattern.test(text)).map(({ format }) => format);
}

/** The formats that all the texts of a sample may have as dates. */
export function dateFormatsOf(cells: readonly JsonValue[]): string[] {
  const texts = cells.filter((cell) => cell !== null);
  if (texts.length === 0) return [];
  return dateFormats
    .filter(({ pattern }) => texts.every((text) => typeof text === "string" && pattern.test(text)))
    .map(({ format }) => format);
}
