/** Flags of a server that is measured with all its processes, and answers a call with its result alone. */
export const unshared = ["--shared-engine", "off", "--answer-within", "0"] as const;
