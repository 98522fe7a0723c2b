/** A number short enough for a label: `1,234`, `12.3k`, `1.2M`, `0.00012`. */
export function shortNumber(value: number): string {
  return shorten(value).replace("-", "−");
}

function shorten(value: number): string {
  const size = Math.abs(value);
  if (size >= 1e15) return value.toExponential(1).replace("e+", "e");
  for (const [unit, suffix] of [
    [1e12, "T"],
    [1e9, "B"],
    [1e6, "M"],
    [1e4, "k"],
  ] as const) {
    if (size < unit * (suffix === "k" ? 1 : 0.9995)) continue;
    return `${trimmed(value / (suffix === "k" ? 1e3 : unit), 3)}${suffix}`;
  }
  if (size >= 1000) return Math.round(value).toLocaleString("en");
  if (size !== 0 && size < 1e-4) return value.toExponential(1);
  return trimmed(value, 3);
}

function trimmed(value: number, digits: number): string {
  const rounded = Number(value.toPrecision(digits));
  return rounded.toLocaleString("en", { maximumFractionDigits: 6 });
}

const yearly = /(^|\b)(year|yr|année|jahr|año)(\b|$)/i;

/** Whole numbers that name a year are written without a comma. */
export function isYear(title: string, min: number, max: number): boolean {
  return yearly.test(title) && min >= 1000 && max <= 2999;
}

/** A number that stands for a category. */
export function numberLabel(value: number, title: string): string {
  if (isYear(title, value, value)) return String(value);
  if (Number.isInteger(value) && Math.abs(value) < 1e6) return value.toLocaleString("en");
  return shortNumber(value);
}

export function rangeLabel(from: number, to: number): string {
  const exact = (value: number) => shortNumber(Number(value.toPrecision(12)));
  if (from === to) return exact(from);
  return `${exact(from)} – ${exact(to)}`;
}
