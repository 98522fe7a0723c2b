import type { LineProcess } from "../isolate/line-child.ts";

/** What evaluates expressions. */
export const mathProcess: LineProcess = { entry: "math-worker", memoryMb: 192, youngMb: 2 };
