import { ToolError } from "../../errors.ts";
import type { Column } from "../dataset.ts";
import { aggregates, kindOf, readEncoding, type Aggregate, type Encoding } from "./encoding.ts";
import { fieldOf, type Field } from "./field.ts";
import type { ChartRequest, Mark } from "./request.ts";

/** Which field does what. */
export interface Layout {
  mark: Mark;
  /** Absent for a box of all rows. */
  x: Field | undefined;
  /** A second dimension: of heatmaps, and of points that are no aggregates. */
  y: Field | undefined;
  measure: Measure | undefined;
  color: Field | undefined;
  facet: Field | undefined;
  /** The caller has put the categories on y. */
  isHorizontal: boolean;
}

/** What is shown of the rows that fall together. */
export interface Measure {
  field: Field;
  aggregate: Aggregate;
  /** Nobody asked for an aggregate; where no rows fall together there is none. */
  isAssumed: boolean;
}

/** What rows that fall together become where nobody said: parts of a total are added, other values averaged. */
const assumed: Partial<Record<Mark, Aggregate>> = {
  bar: "sum",
  area: "sum",
  arc: "sum",
  line: "avg",
  heatmap: "avg",
  point: "avg",
};

/** @throws ToolError `invalid_input` */
export function layoutOf(request: ChartRequest, columns: readonly Column[]): Layout {
  const { mark } = request;
  const read = (role: "x" | "y" | "color" | "facet") => {
    const text = request[role];
    return text === undefined || text === "" ? undefined : readEncoding(role, text, columns);
  };
  const [x, y, color, facet] = [read("x"), read("y"), read("color"), read("facet")];
  if (x === undefined) throw new ToolError("invalid_input", "x must name a column");
  const shared = { mark, facet: dimensionField("facet", facet), isHorizontal: false };
  if (mark === "heatmap") return heatmap({ ...shared, x, y, color });
  if (mark === "arc") checkAlone(x, color, facet);
  const series = color?.column === x.column && color?.unit === x.unit ? undefined : color;
  const rest = { ...shared, color: dimensionField("color", mark === "arc" ? undefined : series) };
  if (mark === "histogram") return histogram(rest, x, y);
  if (mark === "box") return box(rest, x, y);
  if (mark === "point" && y !== undefined && y.aggregate === undefined && x.aggregate === undefined) {
    return { ...rest, x: fieldOf(x), y: fieldOf(y), measure: undefined };
  }
  const isSwapped = y !== undefined && isMeasure(x) && !isMeasure(y);
  const [across, up] = isSwapped ? [y, x] : [x, y];
  const measure = measureOf(up, assumed[mark] ?? "sum");
  return { ...rest, x: dimensionField("x", across), y: undefined, measure, isHorizontal: isSwapped && mark === "bar" };
}

/** The colours of an arc are its slices. */
function checkAlone(x: Encoding, color: Encoding | undefined, facet: Encoding | undefined): void {
  if (facet === undefined && (color === undefined || color.column === x.column)) return;
  throw new ToolError("invalid_input", "an arc takes neither color nor facet beside x; use mark bar, which does");
}

type Shared = Pick<Layout, "mark" | "color" | "facet" | "isHorizontal">;

function heatmap(parts: Omit<Shared, "color"> & Record<"x" | "y" | "color", Encoding | undefined>): Layout {
  const { x, y, color, ...shared } = parts;
  if (y === undefined)
    throw new ToolError("invalid_input", "a heatmap needs y, a column for its rows; color may name what it shows");
  const fields = { x: dimensionField("x", x), y: dimensionField("y", y) };
  return { ...shared, ...fields, color: undefined, measure: measureOf(color, "avg") };
}

function histogram(shared: Shared, x: Encoding, y: Encoding | undefined): Layout {
  if (y !== undefined && (y.aggregate !== "count" || y.column !== undefined)) {
    throw new ToolError("invalid_input", "a histogram counts the rows by x alone; leave y out, or use mark bar");
  }
  return { ...shared, x: dimensionField("x", x), y: undefined, measure: measureOf(undefined, "count") };
}

function box(shared: Shared, x: Encoding, y: Encoding | undefined): Layout {
  const isSwapped = y !== undefined && isMeasure(x) && !isMeasure(y);
  const [across, up] = y === undefined ? [undefined, x] : isSwapped ? [y, x] : [x, y];
  if (up.aggregate !== undefined)
    throw new ToolError(
      "invalid_input",
      "a box shows the spread of a column's values; name the column without a function",
    );
  const measure = measureOf(up, "median");
  return { ...shared, x: dimensionField("x", across), y: undefined, measure, isHorizontal: isSwapped };
}

function isMeasure({ column, aggregate }: Encoding): boolean {
  return aggregate !== undefined || (column !== undefined && kindOf(column) === "number");
}

function dimensionField(role: string, encoding: Encoding | undefined): Field | undefined {
  if (encoding === undefined) return undefined;
  if (encoding.aggregate === undefined) return fieldOf(encoding);
  throw new ToolError(
    "invalid_input",
    `${role} tells the groups apart, so it takes a column; ${encoding.aggregate}(…) goes to the axis that is measured`,
  );
}

function measureOf(encoding: Encoding | undefined, otherwise: Aggregate): Measure {
  const counted: Encoding = { column: undefined, aggregate: "count", unit: undefined };
  const asked = encoding ?? counted;
  const aggregate = asked.aggregate ?? otherwise;
  const { column } = asked;
  if (column !== undefined && needsNumbers({ aggregate }) && kindOf(column) === "time") {
    throw new ToolError(
      "invalid_input",
      `'${column.name}' holds times, of which there is no ${aggregates[aggregate].title.toLowerCase().replace(/ of$/, "")} here; use count() or a column of numbers`,
    );
  }
  return {
    field: fieldOf({ column, aggregate, unit: undefined }),
    aggregate,
    isAssumed: asked.aggregate === undefined,
  };
}

/** Anything can be counted. */
export function needsNumbers({ aggregate }: Pick<Measure, "aggregate">): boolean {
  return aggregate !== "count" && aggregate !== "distinct";
}
