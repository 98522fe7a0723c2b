/** Whether a text, given as SQL, is a month such as `2024-03`; null for null. */
export function isMonthSql(text: string): string {
  return `regexp_full_match(${text}, '\\d{4}-(0[1-9]|1[0-2])')`;
}

/**
 * Whether a text is a date or a time; null for null. A cast that fails costs a hundred times what a pattern does: it is
 * tried on nothing else than what looks like a date.
 */
export function isTimeSql(text: string): string {
  const looks = `regexp_matches(${text}, '^\\d{4}-\\d\\d?-\\d\\d?')`;
  return `case when ${text} is null then null when ${looks} then try_cast(${text} as timestamp) is not null else false end`;
}
