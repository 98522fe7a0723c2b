import type { AccessorNode, AssignmentNode, FunctionNode, IndexNode, MathJsInstance, MathNode } from "mathjs";
import { ToolError } from "../errors.ts";
import { cutText } from "../text/text.ts";
import { allowedConstants, allowedFields, allowedFunctions, allowedNodes } from "./allowed.ts";

/** Where mathjs has both, the function wins. */
const unitsNamedAsFunctions = new Map([
  ["min", "minute"],
  ["sec", "second"],
]);

/**
 * Refuse a syntax tree that holds anything but arithmetic: every node must be of an allowed type, and every name a
 * known function that is called, a constant, a unit, or a variable that an earlier statement assigned. A variable
 * cannot have a name that mathjs knows: what looks allowed could then be something else.
 *
 * @throws ToolError `invalid_input` that names what is not allowed
 */
export function checkTree(math: MathJsInstance, tree: MathNode): void {
  checkNode(math, tree, new Set());
}

/** Visits in the order of evaluation, so that `variables` holds what has been assigned by then. */
function checkNode(math: MathJsInstance, node: MathNode, variables: Set<string>): void {
  if (!allowedNodes.has(node.type)) refuse(describe(node));
  if (math.isSymbolNode(node)) return checkName(math, node.name, variables);
  if (math.isAssignmentNode(node)) {
    const name = assignedName(math, node);
    checkNode(math, node.value, variables);
    variables.add(name);
    return;
  }
  if (math.isAccessorNode(node)) checkAccess(math, node);
  if (math.isOperatorNode(node) && node.implicit) checkProduct(math, node.args, variables);
  const called = math.isFunctionNode(node) ? calledName(math, node) : undefined;
  node.forEach((child) => {
    if (child !== called) checkNode(math, child, variables);
  });
}

function calledName(math: MathJsInstance, node: FunctionNode): MathNode {
  if (!math.isSymbolNode(node.fn) || !allowedFunctions.has(node.fn.name)) {
    refuse(`the function ${math.isSymbolNode(node.fn) ? node.fn.name : "call"}`);
  }
  return node.fn;
}

function assignedName(math: MathJsInstance, node: AssignmentNode): string {
  if (!math.isSymbolNode(node.object) || node.index !== null) refuse("an assignment to a part of a value");
  const { name } = node.object;
  if (name in math || allowedConstants.has(name)) {
    const shown = cutText(name, 80);
    throw new ToolError(
      "invalid_input",
      `cannot assign to ${shown}, which mathjs knows already; use another name, e.g. ${shown}_value`,
    );
  }
  return name;
}

function checkAccess(math: MathJsInstance, node: AccessorNode): void {
  if (fields(math, node.index).some((field) => !allowedFields.has(field))) refuse("access to a property");
}

/** What an index names as text, as in `x.name` and `x["name"]`; mathjs itself refuses methods that it computes. */
function fields(math: MathJsInstance, index: IndexNode): string[] {
  return index.dimensions
    .filter((part) => math.isConstantNode(part))
    .map((part) => part.value)
    .filter((value) => typeof value === "string");
}

/** After `m = 70 kg`, mathjs reads the metres of `1.75 m` as that variable and says nothing. */
function checkProduct(math: MathJsInstance, factors: MathNode[], variables: ReadonlySet<string>): void {
  const [number, second] = factors;
  const factor = math.isOperatorNode(second) && second.fn === "pow" ? second.args[0] : second;
  if (!math.isConstantNode(number) || !math.isSymbolNode(factor)) return;
  const { name } = factor;
  if (!variables.has(name) || !math.Unit.isValuelessUnit(name)) return;
  const shown = cutText(name, 80);
  throw new ToolError(
    "invalid_input",
    `a number before ${shown} could mean the unit ${shown} or the variable that was assigned; ` +
      `write * between them for the variable, or give it another name, e.g. ${shown}_value`,
  );
}

function checkName(math: MathJsInstance, name: string, variables: ReadonlySet<string>): void {
  if (variables.has(name) || allowedConstants.has(name)) return;
  if (allowedFunctions.has(name)) {
    const unit = unitsNamedAsFunctions.get(name);
    refuse(`the function ${name} without arguments${unit === undefined ? "" : ` (the unit is ${unit})`}`);
  }
  if (!math.Unit.isValuelessUnit(name)) refuse(`the name ${name}, which nothing before it assigns`);
}

function describe(node: MathNode): string {
  return node.type === "FunctionAssignmentNode"
    ? "a definition of a function"
    : `a ${node.type.replace("Node", "").toLowerCase()}`;
}

function refuse(what: string): never {
  throw new ToolError(
    "invalid_input",
    `an expression cannot hold ${cutText(what, 80)}; write arithmetic with numbers, units, matrices and mathjs functions`,
  );
}
