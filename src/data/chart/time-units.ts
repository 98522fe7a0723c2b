/** From the finest to the coarsest. */
export const timeUnits = [
  "second",
  "minute",
  "hour",
  "day",
  "week",
  "month",
  "quarter",
  "year",
  "decade",
  "century",
] as const;

export type TimeUnit = (typeof timeUnits)[number];

const secondMs = 1_000;
const dayMs = 86_400 * secondMs;

const lengthMs: Record<TimeUnit, number> = {
  second: secondMs,
  minute: 60 * secondMs,
  hour: 3_600 * secondMs,
  day: dayMs,
  week: 7 * dayMs,
  month: 30.44 * dayMs,
  quarter: 91.31 * dayMs,
  year: 365.25 * dayMs,
  decade: 3_652.5 * dayMs,
  century: 36_525 * dayMs,
};

/** The finest unit, not finer than the values themselves, that cuts a span into so many steps at most. */
export function unitFor(spanMs: number, maxSteps: number, finest: TimeUnit): TimeUnit {
  const candidates = timeUnits.slice(timeUnits.indexOf(finest));
  // Weeks say little over years: months are what people count in then.
  const most = (unit: TimeUnit) => (unit === "week" ? Math.min(maxSteps, Math.max(30, maxSteps * 0.5)) : maxSteps);
  return candidates.find((unit) => spanMs / lengthMs[unit] + 1 <= most(unit)) ?? "century";
}

/** Every step from one to another, both in epoch milliseconds and both at the beginning of one. */
export function stepsBetween(first: number, last: number, unit: TimeUnit, maxSteps: number): number[] {
  const steps: number[] = [];
  for (let at = first; at <= last && steps.length < maxSteps; at = nextStep(at, unit)) steps.push(at);
  return steps;
}

const monthsOf: Partial<Record<TimeUnit, number>> = { month: 1, quarter: 3, year: 12, decade: 120, century: 1_200 };

function nextStep(at: number, unit: TimeUnit): number {
  const months = monthsOf[unit];
  if (months === undefined) return at + lengthMs[unit];
  const date = new Date(at);
  // Date.UTC takes the years 0 to 99 for those of the last century.
  return date.setUTCMonth(date.getUTCMonth() + months);
}

/** Names a step for people, in UTC. */
export function stepLabel(at: number, unit: TimeUnit): string {
  const date = new Date(at);
  const year = date.getUTCFullYear();
  const parts = (options: Intl.DateTimeFormatOptions) =>
    new Intl.DateTimeFormat("en", { ...options, timeZone: "UTC" }).format(date);
  switch (unit) {
    case "century":
    case "decade":
    case "year":
      return String(year);
    case "quarter":
      return `Q${Math.floor(date.getUTCMonth() / 3) + 1} ${year}`;
    case "month":
      return parts({ month: "short", year: "numeric" });
    case "week":
    case "day":
      return parts({ month: "short", day: "numeric", year: "numeric" });
    default:
      return parts({ month: "short", day: "numeric", hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
  }
}
