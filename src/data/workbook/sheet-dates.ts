/** How a number that is a date or a time is shown. */
export type DateStyle = "date" | "datetime" | "time";

/** The formats that every workbook knows by a number. */
const builtIn: Readonly<Record<number, DateStyle>> = {
  14: "date",
  15: "date",
  16: "date",
  17: "date",
  18: "time",
  19: "time",
  20: "time",
  21: "time",
  22: "datetime",
  45: "time",
  47: "time",
};

/** What a number format makes of a number; undefined where it is shown as a number or as a span of time. */
export function dateStyleOf(id: number, code: string | undefined): DateStyle | undefined {
  if (code === undefined) return (id >= 27 && id <= 36) || (id >= 50 && id <= 58) ? "date" : builtIn[id];
  if (/\[(h+|m+|s+)\]/i.test(code)) return undefined;
  const [positive = ""] = code.split(";");
  const letters = positive.replaceAll(/"[^"]*"|\\.|_.|\*.|\[[^\]]*\]|general/gi, "").toLowerCase();
  if (!/[ymdhs]/.test(letters) || /[0#?]/.test(letters.replaceAll(/s\.0+|\.0+/g, ""))) return undefined;
  const hasTime = /[hs]|am\/pm/.test(letters);
  const hasDay = /[yd]/.test(letters) || (/m/.test(letters) && !hasTime);
  return hasDay ? (hasTime ? "datetime" : "date") : "time";
}

const msPerDay = 86_400_000;
/** 31 December 9999. */
const lastDay = 2_958_465;
/** The calendar that begins in 1904 is so many days behind. */
const days1904 = 1_462;
/** Excel takes 1900 for a leap year: its days up to then are counted from one day later. */
const leapDay = 60;

/** The ISO form of a day number; the number itself where it is none. */
export function dateText(written: string, style: DateStyle, is1904: boolean): string {
  const serial = Number(written);
  if (written === "" || !Number.isFinite(serial) || serial < 0) return written;
  const days = is1904 ? serial + days1904 : serial;
  if (style === "time" && serial < 1) return isoTime(Math.round(serial * msPerDay));
  if (days >= lastDay + 1 || days < 1 || Math.floor(days) === leapDay) return written;
  const offset = days < leapDay ? Date.UTC(1899, 11, 31) : Date.UTC(1899, 11, 30);
  const ms = Math.round(days * msPerDay);
  const day = new Date(offset + Math.floor(ms / msPerDay) * msPerDay).toISOString().slice(0, 10);
  const rest = ms % msPerDay;
  return style === "date" && rest === 0 ? day : `${day} ${isoTime(rest)}`;
}

function isoTime(ms: number): string {
  const text = new Date(ms % msPerDay).toISOString().slice(11, 23);
  return text.replace(/\.000$/, "");
}
