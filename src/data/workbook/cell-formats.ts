import { dateStyleOf, dateText, type DateStyle } from "./sheet-dates.ts";

/** What a number format makes of a number: a point in time, or digits in places of their own. */
export type CellFormat = { shows: DateStyle } | { shows: "digits"; places: string };

/**
 * The format of a number's style by its number and code; undefined where it is shown as a number.
 *
 * Codes such as `00000` and `000-00-0000` are those of identifiers: what a cell shows is what it means.
 */
export function cellFormatOf(id: number, code: string | undefined): CellFormat | undefined {
  const shows = dateStyleOf(id, code);
  if (shows !== undefined) return { shows };
  const [positive = ""] = (code ?? "").split(";");
  const places = positive.replaceAll(/\[[^\]]*\]/g, "").replaceAll(/\\(.)|"([^"]*)"/g, "$1$2");
  return /^0[0 ()/-]*0$/.test(places) ? { shows: "digits", places } : undefined;
}

/** A number as its format shows it; as it was written where the format does not fit it. */
export function formattedText(written: string, format: CellFormat, is1904: boolean): string {
  return format.shows === "digits" ? placedDigits(written, format.places) : dateText(written, format.shows, is1904);
}

function placedDigits(written: string, places: string): string {
  if (!/^\d{1,15}$/.test(written)) return written;
  const count = places.replaceAll(/[^0]/g, "").length;
  const digits = written.padStart(count, "0");
  const more = digits.length - count;
  let at = more;
  return digits.slice(0, more) + places.replaceAll("0", () => digits[at++] ?? "");
}
