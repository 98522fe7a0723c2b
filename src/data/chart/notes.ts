import { nearOutliers } from "./chart-rows.ts";
import { aggregates } from "./encoding.ts";
import type { FieldFacts, Facts } from "./facts.ts";
import type { FieldRole } from "./plan.ts";
import { roles, type Role } from "./request.ts";
import { shortNumbers } from "./numbers.ts";
import { dwarfs, type Scene } from "./scene.ts";
import { withinSentence } from "./words.ts";

export interface Notes {
  /** What is not shown, or shown otherwise than somebody might think: stands on the picture too. */
  onPicture: string[];
  /** How rows became what is shown. */
  others: string[];
}

/** Everything that a chart does with the rows unasked. */
export function notesOf(scene: Scene, { rowCount, of }: Facts<FieldRole>): Notes {
  const onPicture = [
    ...roles.flatMap((role) => leftOut(scene, role)),
    ...sampled(scene, rowCount),
    ...cutRange(scene),
    ...fewOutliers(scene),
  ];
  return { onPicture, others: [...aggregated(scene), ...missing(scene, rowCount, of), ...zones(scene)] };
}

function leftOut(scene: Scene, role: Role): string[] {
  const names = scene.rows.names[role];
  const dimension = scene.plan.dimensions[role];
  if (names === undefined || dimension?.kind !== "category") return [];
  const rest = names.total - names.labels.length;
  if (rest <= 0) return [];
  const [shown, total] = [names.labels.length.toLocaleString("en"), names.total.toLocaleString("en")];
  const what = withinSentence(dimension.title);
  const large = role === "x" && dimension.fold ? dwarfs(scene) : undefined;
  if (large !== undefined) {
    const parts = shortNumbers([large.folded, large.total]).join(" of ");
    return [
      `${shown} of ${total} values of ${what} are shown; the other ${rest.toLocaleString("en")} make up ${parts}`,
    ];
  }
  const beyond = dimension.fold
    ? `the other ${rest.toLocaleString("en")} are taken together`
    : `the other ${rest.toLocaleString("en")} are left out`;
  return [`${shown} of ${total} values of ${what} are shown, ${beyond}`];
}

function sampled({ plan, rows: { cells: shown } }: Scene, rowCount: number): string[] {
  const rows = rowCount.toLocaleString("en");
  if (plan.isDensity) return [`${rows} rows are too many for a point each: colour tells how many lie where`];
  if (plan.sample === undefined || shown.length < plan.sample) return [];
  return [`a random sample of ${plan.sample.toLocaleString("en")} of ${rows} rows is shown`];
}

/** Ranges that leave out what lies far away from everything else. */
function cutRange({ plan, rows, facts }: Scene): string[] {
  const cut = roles.filter((role) => {
    const dimension = plan.dimensions[role];
    return dimension?.kind === "bins" && dimension.bins.isCut;
  });
  const known = Math.min(...cut.map((role) => facts[role]?.count ?? 0));
  const shown = rows.cells.reduce((sum, cell) => sum + cell.rows, 0);
  if (cut.length === 0 || known <= shown) return [];
  const ends = cut.map(
    (role) =>
      `${withinSentence(plan.dimensions[role]?.title ?? role)} reaches from ${brief(facts[role]?.min)} to ${brief(facts[role]?.max)}`,
  );
  return [`${missed(known - shown, "far outside")} (${ends.join(", ")})`];
}

function brief(value: number | undefined): string {
  return value === undefined ? "?" : Number(value.toPrecision(6)).toLocaleString("en", { maximumFractionDigits: 6 });
}

function fewOutliers({ plan, rows, facts }: Scene): string[] {
  if (plan.kind !== "boxes") return [];
  const total = rows.boxes.reduce((sum, box) => sum + box.outlierCount, 0);
  const shown = nearOutliers(rows).length;
  if (shown >= total) return [];
  const { min, max } = facts.measure ?? {};
  return [
    `${shown.toLocaleString("en")} of ${total.toLocaleString("en")} outliers are shown; values reach from ${brief(min)} to ${brief(max)}`,
  ];
}

function aggregated({ layout, plan, rows }: Scene): string[] {
  const { measure } = layout;
  const column = measure?.field.encoding.column?.name;
  const notes: string[] = [];
  if (
    plan.kind === "groups" &&
    measure?.isAssumed === true &&
    column !== undefined &&
    rows.cells.some((cell) => cell.rows > 1)
  ) {
    const word = aggregates[measure.aggregate].title.replace(" of", "").toLowerCase();
    notes.push(
      `where several rows fall together, the ${word} of '${column}' is shown; ask for another as in median(${column})`,
    );
  }
  if (plan.parts !== undefined)
    notes.push(
      "the line goes through the first, last, lowest and highest value of each pixel: nothing that would show is lost (avg(…) or sum(…) give one value a step)",
    );
  for (const role of roles) {
    const dimension = plan.dimensions[role];
    if (dimension?.kind === "steps") notes.push(`${role} is cut into steps of one ${dimension.unit}`);
  }
  return notes;
}

function missing({ layout, plan }: Scene, rowCount: number, facts: Partial<Record<FieldRole, FieldFacts>>): string[] {
  return [...roles, "measure" as const].flatMap((role) => {
    const known = facts[role];
    const field = role === "measure" ? layout.measure?.field : layout[role];
    const column = field?.encoding.column?.name;
    if (known === undefined || column === undefined || field?.kind === "category") return [];
    if (role === "measure" && (layout.measure?.aggregate === "count" || layout.measure?.aggregate === "distinct"))
      return [];
    if (role !== "measure" && plan.dimensions[role]?.kind === "category") return [];
    const nulls = rowCount - known.count - known.unusable;
    const kind = field?.kind === "time" ? "time" : "number";
    const bad = known.unusable > 0 ? [missed(known.unusable, `whose '${column}' is no finite ${kind}`)] : [];
    const empty = nulls > 0 ? [missed(nulls, `without '${column}'`)] : [];
    return [...bad, ...empty];
  });
}

function missed(count: number, which: string): string {
  return count === 1 ? `1 row ${which} is left out` : `${count.toLocaleString("en")} rows ${which} are left out`;
}

function zones({ layout }: Scene): string[] {
  const fields = roles.flatMap((role) => layout[role] ?? []);
  const zoned = fields.some(
    ({ kind, encoding }) => kind === "time" && encoding.column?.type === "TIMESTAMP WITH TIME ZONE",
  );
  return zoned ? ["times are shown in UTC"] : [];
}
