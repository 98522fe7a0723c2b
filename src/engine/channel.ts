/** The descriptor on which an engine process talks to whoever started it. */
export const engineChannel = 3;

/** The argument of an engine process whose first call needs SQL, and of one whose first call reads pages. */
export const startsSql = "sql";
export const startsPages = "pages";

/** What the argument begins with where SQL has been started along with the engine: the process's id follows. */
export const adoptsSql = "sql:";

/** The argument of an engine process that serves whoever finds it; its folder and its name follow. */
export const sharedEngine = "shared";

/** What a shared engine ends with that finds another in its place. */
export const lockTakenCode = 75;
