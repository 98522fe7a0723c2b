import { isJsonObject, type JsonObject, type JsonValue } from "../src/message.ts";
import type { ToolDefinition } from "../src/tools/tool.ts";

const width = 120;

/** Parameters every generated method has besides the tool's own. */
const callParameters = ["timeout", "progress"];

/** Besides what only reads: they fetch again, and write a dataset of their own, or the one of the same name. */
const fetching = ["scrape", "crawl", "web_search"];

const header = (
  typing: string,
  results = "",
) => `"""One method a tool. Generated from the tool definitions by \`npm run generate\`: do not edit."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import ${typing}

${results}from ._progress import ProgressOption
`;

const toolsDoc = `    """Axoner's tools.

    An optional argument that is \`\`None\`\` is not sent: the tool's own default holds. Every method takes \`\`timeout\`\`,
    seconds until the call is cancelled, and \`\`progress\`\`, \`\`True\`\` for a bar or a callable that gets
    \`\`(done, total, message)\`\`; every method raises what :mod:\`axoner.errors\` lists.
    """
`;

type Answer = (result: string) => string;

/**
 * The Python module `axoner/_generated.py`: the tools' result types, and a class `Tools` with a typed method for each.
 *
 * @throws TypeError for a parameter that Python or the client needs for itself.
 */
export function pythonClient(definitions: readonly ToolDefinition[]): string {
  const table = definitions.map(({ name }) => `    "${name}": ${resultName(name)},\n`).join("");
  const repeatable = definitions.filter(({ name, hints }) => hints.readOnly || fetching.includes(name));
  const names = repeatable.map(({ name }) => `        "${name}",\n`).join("");
  return [
    `${header("Any, Literal")}from .results import Result, TableResult, ToolResult\n`,
    ...definitions.map(resultClass),
    toolsClass("Tools", definitions, (result) => result),
    `RESULTS: dict[str, type[ToolResult]] = {\n${table}}\n
#: What may be asked again where the server ended before it answered.
REPEATABLE = frozenset(\n    (\n${names}    )\n)\n`,
  ].join("\n\n");
}

/** The Python module `axoner/_generated_async.py`: the same methods for event loops. */
export function asyncPythonClient(definitions: readonly ToolDefinition[]): string {
  const results = definitions.map(({ name }) => `    ${resultName(name)},\n`);
  results.sort((one, other) => (one.toLowerCase() < other.toLowerCase() ? -1 : 1)); // as ruff has them
  const imports = `from ._generated import (\n${results.join("")})\n`;
  return [
    `${header("TYPE_CHECKING, Any, Literal", imports)}from .results import Result\n\nif TYPE_CHECKING:\n    from .aio import AsyncCall\n`,
    toolsClass("AsyncTools", definitions, (result) => `AsyncCall[${result}]`),
  ].join("\n\n");
}

function toolsClass(name: string, definitions: readonly ToolDefinition[], answer: Answer): string {
  const callMethod = `    @abstractmethod
    def _call(
        self,
        kind: type[Result],
        tool: str,
        arguments: Mapping[str, Any],
        timeout: float | None,
        progress: ProgressOption,
    ) -> ${answer("Result")}: ...
`;
  const methods = definitions.map((definition) => toolMethod(definition, answer));
  return `class ${name}(ABC):\n${toolsDoc}\n${[callMethod, ...methods].join("\n")}`;
}

function resultClass({ name, outputSchema }: ToolDefinition): string {
  const fields = Object.entries(propertiesOf(outputSchema));
  const isTable = ["columns", "types", "rows"].every((field) => fields.some(([key]) => key === field));
  const lines = fields.map(([field, schema]) => `    ${field}: ${outputType(schema)}\n`);
  return `class ${resultName(name)}(${isTable ? "TableResult" : "ToolResult"}):\n    """What \`\`${name}\`\` returns."""\n\n${lines.join("")}`;
}

function toolMethod({ name, description, inputSchema }: ToolDefinition, answer: Answer): string {
  const required = Array.isArray(inputSchema["required"]) ? inputSchema["required"] : [];
  const parameters = Object.entries(propertiesOf(inputSchema)).map(([key, schema]) => {
    if (pythonReserved.has(key) || callParameters.includes(key))
      throw new TypeError(`${name}: a Python method cannot have the parameter "${key}"`);
    return { key, schema, isRequired: required.includes(key), type: inputType(schema) };
  });
  const positional = parameters.filter(({ isRequired }) => isRequired).map(({ key, type }) => `${key}: ${type}`);
  const optional = parameters
    .filter(({ isRequired }) => !isRequired)
    .map(({ key, type }) => `${key}: ${type} | None = None`);
  const signature = [
    "self",
    ...positional,
    "*",
    ...optional,
    "timeout: float | None = None",
    "progress: ProgressOption = None",
  ];
  const explained = parameters.flatMap(({ key, schema }) => paramDoc(key, schema));
  const call = [
    "arguments = {",
    ...parameters.map(({ key }) => `    "${key}": ${key},`),
    "}",
    `return self._call(${resultName(name)}, "${name}", arguments, timeout, progress)`,
  ];
  return [
    `    def ${name}(`,
    ...signature.map((parameter) => `        ${parameter},`),
    `    ) -> ${answer(resultName(name))}:`,
    ...indent(docstring(description, explained), 8),
    ...indent(
      parameters.length === 0 ? [`return self._call(${resultName(name)}, "${name}", {}, timeout, progress)`] : call,
      8,
    ),
    "",
  ].join("\n");
}

function paramDoc(key: string, schema: JsonValue): string[] {
  const description = describe(schema);
  return description === "" ? [] : wrap(`:param ${key}: ${description}`, "    ");
}

/** What the schema says of itself, and below it what the items of a list of objects hold. */
function describe(schema: JsonValue): string {
  if (!isJsonObject(schema)) return "";
  const own = typeof schema["description"] === "string" ? schema["description"] : "";
  const { items } = schema;
  if (!isJsonObject(items) || items["type"] !== "object") return own;
  const members = Object.entries(propertiesOf(items)).map(([key, member]) => {
    const text = describe(member);
    return text === "" ? `\`\`${key}\`\`` : `\`\`${key}\`\` (${text})`;
  });
  return [own, `each item has ${members.join(", ")}`].filter((part) => part !== "").join("; ");
}

function docstring(description: string, parameters: string[]): string[] {
  const safe = (text: string) => text.replaceAll("\\", "\\\\").replaceAll('"""', '\\"\\"\\"');
  const paragraphs = safe(description.trim()).split("\n");
  const lines = paragraphs.flatMap((text, index) => wrap(`${index === 0 ? '"""' : ""}${text.trim()}`, ""));
  const last = lines.at(-1) ?? "";
  if (parameters.length === 0 && lines.length === 1 && !last.endsWith('"') && last.length + 3 <= width - 8)
    return [`${last}"""`];
  return [...lines, ...(parameters.length === 0 ? [] : ["", ...parameters.map(safe)]), '"""'];
}

/** Words on lines that fit below a method's indentation. */
function wrap(text: string, hanging: string): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(/\s+/)) {
    if (line !== "" && line.length + 1 + word.length > width - 8) {
      lines.push(line);
      line = hanging + word;
    } else line += line === "" ? word : ` ${word}`;
  }
  return [...lines, line];
}

function inputType(schema: JsonValue): string {
  if (!isJsonObject(schema)) return "Any";
  if (Array.isArray(schema["enum"]))
    return `Literal[${schema["enum"].map((value) => JSON.stringify(value)).join(", ")}]`;
  if (schema["type"] === "array") return `Sequence[${inputType(schema["items"] ?? null)}]`;
  if (schema["type"] === "object") return "Mapping[str, Any]";
  return scalarType(schema);
}

function outputType(schema: JsonValue): string {
  if (!isJsonObject(schema)) return "Any";
  if (schema["type"] === "array") return `list[${outputType(schema["items"] ?? null)}]`;
  if (schema["type"] === "object") return "dict[str, Any]";
  return scalarType(schema);
}

function scalarType({ type }: JsonObject): string {
  const names: Record<string, string> = { string: "str", integer: "int", number: "float", boolean: "bool" };
  return (typeof type === "string" ? names[type] : undefined) ?? "Any";
}

function propertiesOf({ properties }: JsonObject): JsonObject {
  return isJsonObject(properties) ? properties : {};
}

function resultName(tool: string): string {
  return `${tool.replace(/(^|_)([a-z0-9])/g, (_match, _dash, letter: string) => letter.toUpperCase())}Result`;
}

function indent(lines: string[], spaces: number): string[] {
  return lines.map((line) => (line === "" ? "" : " ".repeat(spaces) + line));
}

const pythonReserved = new Set(
  "and as assert async await break class continue def del elif else except finally for from global if import in is lambda None nonlocal not or pass raise return self True False try while with yield".split(
    " ",
  ),
);
