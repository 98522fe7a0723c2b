import type { MathJsInstance, MathNode } from "mathjs";

/**
 * Whether evaluating a tree that may be evaluated leaves a mathjs as it was: arithmetic on numbers alone. Units change how
 * later ones are written, and what else may stay behind in matrices, fractions and texts is nobody's to find out.
 */
export function isPlain(math: MathJsInstance, tree: MathNode): boolean {
  return tree.filter((node, _path, parent) => !isPlainNode(math, node, parent)).length === 0;
}

const plainNodes = new Set(["ConstantNode", "FunctionNode", "OperatorNode", "ParenthesisNode", "RelationalNode"]);

const plainNames = new Set(`true false Infinity NaN pi PI tau e E phi LN2 LN10 LOG2E LOG10E SQRT1_2 SQRT2`.split(" "));

const plainFunctions = new Set(
  `abs add cbrt ceil cube divide exp expm1 fix floor gcd hypot lcm log log10 log1p log2 max mean median min mod multiply
  nthRoot pow prod round sign sqrt square std subtract sum unaryMinus unaryPlus variance acos acosh acot acoth acsc acsch
  asec asech asin asinh atan atan2 atanh cos cosh cot coth csc csch sec sech sin sinh tan tanh`.split(/\s+/),
);

/**
 * Whether a tree is done within milliseconds whatever its numbers are: it is small, and each step is one on numbers of a
 * limited number of digits.
 */
export function isBrief(math: MathJsInstance, tree: MathNode): boolean {
  return tree.filter((node) => !isBriefNode(math, node)).length === 0;
}

const briefOperators = new Set(["add", "subtract", "multiply", "divide", "unaryMinus", "unaryPlus"]);
const maxBriefExponent = 1_000;

function isBriefNode(math: MathJsInstance, node: MathNode): boolean {
  if (math.isConstantNode(node)) return typeof node.value !== "string";
  if (math.isParenthesisNode(node)) return true;
  if (!math.isOperatorNode(node)) return false;
  return briefOperators.has(node.fn) || (node.fn === "pow" && isBriefExponent(math, node.args[1]));
}

/** Others take logarithms, and those more digits. */
function isBriefExponent(math: MathJsInstance, node: MathNode | undefined): boolean {
  const value: unknown = math.isConstantNode(node) ? node.value : undefined; // a BigNumber, whatever its type says
  const exponent = Number(value);
  return Number.isInteger(exponent) && exponent <= maxBriefExponent;
}

function isPlainNode(math: MathJsInstance, node: MathNode, parent: MathNode): boolean {
  if (math.isSymbolNode(node)) {
    const isCalled = math.isFunctionNode(parent) && parent.fn === node;
    return (isCalled ? plainFunctions : plainNames).has(node.name);
  }
  if (math.isConstantNode(node)) return typeof node.value !== "string";
  if (math.isOperatorNode(node) && node.fn === "to") return false;
  return plainNodes.has(node.type);
}
