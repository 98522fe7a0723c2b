export type FindingStatus = "ok" | "warning" | "problem";

/** What was found out about one thing that axoner uses. */
export interface Finding {
  name: string;
  status: FindingStatus;
  /** Never a key or a password. */
  detail: string;
  /** What to do next; there is none where all is well. */
  advice?: string;
}

export interface DiagnoseOptions {
  /** Whether what costs nothing is asked of services on the internet too. */
  online: boolean;
  /** How long each check may take. */
  limitMs: number;
  signal: AbortSignal;
}

/** Check everything, some of it at a time; findings come in their fixed order. Throws only the signal's reason. */
export type Diagnose = (options: DiagnoseOptions) => AsyncIterable<Finding>;
