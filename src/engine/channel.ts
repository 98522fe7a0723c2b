/** The descriptor on which an engine process talks to whoever started it. */
export const engineChannel = 3;

/** The argument of an engine process whose first call needs SQL. */
export const startsSql = "sql";
