import type { AccessorNode, AssignmentNode, FunctionNode, IndexNode, MathJsInstance, MathNode } from "mathjs";
import { ToolError } from "../errors.ts";
import { cutText } from "../text.ts";
import { allowedConstants, allowedFields, allowedFunctions, allowedNodes } from "./allowed.ts";

/**
 * Refuse a syntax tree that holds anything but arithmetic: every node must be of an allowed type, and every name a
 * known function that is called, a constant, a unit, or a variable that the expression itself assigns.
 *
 * @throws ToolError `invalid_input` that names what is not allowed
 */
export function checkTree(math: MathJsInstance, tree: MathNode): void {
  const variables = new Set<string>();
  const called = new Set<MathNode>();
  tree.traverse((node) => {
    if (math.isAssignmentNode(node)) variables.add(node.object.name);
  });
  tree.traverse((node, path, parent) => {
    if (!allowedNodes.has(node.type)) refuse(describe(node));
    if (math.isFunctionNode(node)) called.add(checkCall(math, node));
    else if (math.isAssignmentNode(node)) checkAssignment(math, node);
    else if (math.isAccessorNode(node)) checkAccess(math, node);
    else if (math.isSymbolNode(node) && !called.has(node)) checkName(math, node.name, variables);
    else if (math.isIndexNode(node) && !math.isAccessorNode(parent)) refuse(`an index at ${path}`);
  });
}

function checkCall(math: MathJsInstance, node: FunctionNode): MathNode {
  if (!math.isSymbolNode(node.fn) || !allowedFunctions.has(node.fn.name)) {
    refuse(`the function ${math.isSymbolNode(node.fn) ? node.fn.name : "call"}`);
  }
  return node.fn;
}

function checkAssignment(math: MathJsInstance, node: AssignmentNode): void {
  if (!math.isSymbolNode(node.object) || node.index !== null) refuse("an assignment to a part of a value");
}

function checkAccess(math: MathJsInstance, node: AccessorNode): void {
  if (fields(math, node.index).some((field) => !allowedFields.has(field))) refuse("access to a property");
}

/** What an index names as text, as in `x.name` and `x["name"]`. */
function fields(math: MathJsInstance, index: IndexNode): string[] {
  return index.dimensions
    .filter((part) => math.isConstantNode(part))
    .map((part) => part.value)
    .filter((value) => typeof value === "string");
}

function checkName(math: MathJsInstance, name: string, variables: ReadonlySet<string>): void {
  if (variables.has(name) || allowedConstants.has(name) || math.Unit.isValuelessUnit(name)) return;
  refuse(`the name ${name}${allowedFunctions.has(name) ? " without arguments" : ""}`);
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
