const grouped = /^[+-]?\d{1,3}(,\d{3})+$/;
const withPoint = /^[+-]?\d{1,3}(,?\d{3})*\.\d+$/;
const withComma = /^[+-]?\d{1,3}(\.?\d{3})*,\d+$/;

/**
 * How to read texts as numbers that are written as a value is: with a decimal comma, groups of thousands, a currency or
 * a percent sign. One expression over the column, two where the value may mean two numbers, none where it is no number.
 */
export function numberReadings(column: string, value: string): string[] {
  const bare = value.replaceAll(/[\s$€£¥%'’]/g, "");
  const share = value.includes("%") ? " / 100" : "";
  const text = bare === value.trim() ? column : `regexp_replace(${column}, '[^0-9.,+-]', '', 'g')`;
  const read = (expression: string) => `try_cast(${expression} as double)${share}`;
  const commaDecimal = read(`replace(replace(${text}, '.', ''), ',', '.')`);
  const commaGroups = read(`replace(${text}, ',', '')`);
  if (grouped.test(bare)) return bare.split(",").length > 2 ? [commaGroups] : [commaGroups, commaDecimal];
  if (withComma.test(bare)) return [commaDecimal];
  if (withPoint.test(bare) || (/^[+-]?\d+$/.test(bare) && bare !== value.trim())) return [commaGroups];
  return [];
}
