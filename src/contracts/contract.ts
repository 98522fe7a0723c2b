/** One thing that every implementation of a contract does. `run` rejects where this one does not. */
export interface ContractCase {
  name: string;
  run(): Promise<void>;
}

/** Run each case with what it needs opened for it, and closed after it, whatever came of it. */
export function casesOf<Subject>(
  { open, close }: { open: () => Promise<Subject>; close: (subject: Subject) => Promise<void> },
  cases: Readonly<Record<string, (subject: Subject) => Promise<void>>>,
): ContractCase[] {
  return Object.entries(cases).map(([name, check]) => ({
    name,
    async run() {
      const subject = await open();
      try {
        await check(subject);
      } finally {
        await close(subject);
      }
    },
  }));
}
