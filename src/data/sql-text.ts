/** A text as SQL writes it. */
export function quoteText(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

/** A column or table name as SQL writes it. A source is a table's name. */
export function quoteName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** A name as people write it: quoted only where it has to be. */
export function plainName(name: string): string {
  return /^[A-Za-z_]\w*$/.test(name) ? name : quoteName(name);
}

/** Names and types as the table functions take them. */
export function columnList(columns: readonly { name: string; type: string }[]): string {
  return `{${columns.map(({ name, type }) => `${quoteText(name)}: ${quoteText(type)}`).join()}}`;
}
