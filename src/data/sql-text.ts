/** A text as SQL writes it. */
export function quoteText(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

/** A column or table name as SQL writes it. A source is a table's name. */
export function quoteName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
