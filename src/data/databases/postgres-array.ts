export type ArrayText = (string | null | ArrayText)[];

/**
 * The elements of an array as PostgreSQL writes it: `{1,NULL,"a \"b\""}`, nested, with or without the bounds of its
 * dimensions in front. https://www.postgresql.org/docs/current/arrays.html#ARRAYS-IO
 */
export function parseArray(text: string): ArrayText {
  const open: ArrayText[] = [];
  let array: ArrayText = [];
  const token = /\{|\}|,|"((?:[^"\\]|\\[^])*)"|([^{},"]+)/y;
  token.lastIndex = text.startsWith("[") ? text.indexOf("=") + 1 : 0;
  for (let found = token.exec(text); found !== null; found = token.exec(text)) {
    const [mark, quoted, plain] = found;
    if (mark === "{") {
      const inner: ArrayText = [];
      array.push(inner);
      open.push(array);
      array = inner;
    } else if (mark === "}") array = open.pop() ?? [];
    else if (quoted !== undefined) array.push(quoted.replaceAll(/\\([^])/g, "$1"));
    else if (plain !== undefined)
      array.push(plain.toUpperCase() === "NULL" ? null : plain.replaceAll(/\\([^])/g, "$1"));
  }
  const [outermost] = array;
  return Array.isArray(outermost) ? outermost : [];
}

/** How deep an array is nested: 1 for a plain one. */
export function depthOf(array: ArrayText): number {
  const inner = array.find((element) => Array.isArray(element));
  return Array.isArray(inner) ? 1 + depthOf(inner) : 1;
}
