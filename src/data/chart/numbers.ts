/** A number short enough for a label: `1,234`, `12.3k`, `1.2M`, `0.00012`; with more digits where so many are wanted. */
export function shortNumber(value: number, digits = usualDigits): string {
  return shorten(value, digits).replaceAll("-", "−");
}

const usualDigits = 3;
/** More of them nobody compares: what is equal in all of these looks equal in any picture. */
const mostDigits = 9;

/** Numbers as labels, all with as many digits as it takes to tell different ones apart. */
export function shortNumbers(values: readonly number[]): string[] {
  const distinct = new Set(values).size;
  const usual = values.map((value) => shortNumber(value));
  if (new Set(usual).size === distinct) return usual;
  let labels = usual;
  for (let digits = usualDigits + 1; digits <= mostDigits && new Set(labels).size < distinct; digits++)
    labels = values.map((value) => shortNumber(value, digits));
  return withZeros(labels);
}

/** Decimals below each other: those of one unit have as many. */
function withZeros(labels: readonly string[]): string[] {
  const parts = labels.map((label) => /^([^.e]+)(?:\.(\d+))?([a-z]?)$/i.exec(label));
  const most = new Map<string, number>();
  for (const [, , decimals = "", unit = ""] of parts.flatMap((part) => (part === null ? [] : [part])))
    most.set(unit, Math.max(most.get(unit) ?? 0, decimals.length));
  return labels.map((label, index) => {
    const [, whole = "", decimals = "", unit = ""] = parts[index] ?? [];
    const length = most.get(unit) ?? 0;
    return whole === "" || length === 0 ? label : `${whole}.${decimals.padEnd(length, "0")}${unit}`;
  });
}

/** As many digits as it takes to see a hundredth of a range, and no fewer than usual. */
export function digitsWithin(low: number, high: number): number {
  const size = Math.max(Math.abs(low), Math.abs(high));
  return low < high ? Math.max(usualDigits, Math.min(15, Math.ceil(Math.log10(size / (high - low))) + 2)) : usualDigits;
}

function shorten(value: number, digits: number): string {
  const size = Math.abs(value);
  if (size >= 1e15) return value.toExponential(digits - 2).replace("e+", "e");
  for (const [unit, suffix] of [
    [1e12, "T"],
    [1e9, "B"],
    [1e6, "M"],
    [1e4, "k"],
  ] as const) {
    if (size < unit * (suffix === "k" ? 1 : 0.9995)) continue;
    return `${trimmed(value / (suffix === "k" ? 1e3 : unit), digits)}${suffix}`;
  }
  if (size >= 1000) return trimmed(value, Math.max(4, digits));
  if (size !== 0 && size < 1e-4) return value.toExponential(digits - 2);
  return trimmed(value, digits);
}

function trimmed(value: number, digits: number): string {
  return Number(value.toPrecision(digits)).toLocaleString("en", { maximumFractionDigits: 20 });
}

const yearly = /(^|\b)(year|yr|année|jahr|año)(\b|$)/i;

/** Whole numbers that name a year are written without a comma. */
export function isYear(title: string, min: number, max: number): boolean {
  return yearly.test(title) && min >= 1000 && max <= 2999;
}

/** A number that stands for a category: never that of another one. */
export function numberLabel(value: number, title: string): string {
  if (isYear(title, value, value)) return String(value);
  const size = Math.abs(value);
  if (size >= 1e15 || (size > 0 && size < 1e-6)) return value.toExponential().replace("e+", "e").replaceAll("-", "−");
  return trimmed(value, 15).replace("-", "−");
}

/** A range of numbers of which the next one is `step` away. */
export function rangeLabel(from: number, to: number, step: number): string {
  const exact = (value: number) => Number(value.toPrecision(12));
  const size = Math.max(Math.abs(exact(from)), Math.abs(exact(to)));
  const needed = size === 0 ? 0 : Math.floor(Math.log10(size)) - Math.floor(Math.log10(step)) + 1;
  const digits = Math.max(usualDigits, Math.min(12, needed));
  const [first, last] = [shortNumber(exact(from), digits), shortNumber(exact(to), digits)];
  return first === last ? first : `${first} – ${last}`;
}
