import { all } from "mathjs";
import { allowedConstants, allowedFunctions, operatorFunctions } from "./allowed.ts";

/** What mathjs makes a function, a class or a constant with. Its types leave out what it goes by. */
interface Factory {
  (scope: object): unknown;
  isFactory: true;
  /** The name of what it makes. */
  fn: string;
  /** Names of what that is made of; with a `?` where it can do without. */
  dependencies: readonly string[];
  meta?: { isClass?: boolean; isTransformFunction?: boolean };
}

/** What is wanted of mathjs besides what an expression may name. */
const ownNames = ["parse", "Unit", "ResultSet", "typed"];

/**
 * What mathjs is made of where expressions name only what is allowed: without the algebra, the manual and the like. By
 * their names in mathjs.
 */
export const neededFactories: Readonly<Record<string, Factory>> = Object.fromEntries(needed());

/** The same, but functions are made by their first call: to make one takes up to some ms, and few are called. */
export const factories: Readonly<Record<string, Factory>> = Object.fromEntries(
  Object.entries(neededFactories).map(([name, factory]) => [name, isOfFunction(factory) ? onDemand(factory) : factory]),
);

function needed(): [name: string, factory: Factory][] {
  const given = Object.entries({ ...all }).filter((entry): entry is [string, Factory] => isFactory(entry[1]));
  const names = new Set([...allowedFunctions, ...allowedConstants, ...operatorFunctions, ...ownNames]);
  const dependencies = Map.groupBy(given, ([, { fn }]) => fn);
  for (const name of names)
    // grows meanwhile
    for (const [, factory] of dependencies.get(name) ?? [])
      for (const dependency of factory.dependencies) names.add(dependency.replace("?", ""));
  return given.filter(([, { fn }]) => names.has(fn));
}

function isFactory(value: unknown): value is Factory {
  return typeof value === "function" && "fn" in value && "dependencies" in value;
}

/** Functions that choose by the types of their arguments: all that are worth it. */
function isOfFunction({ fn, dependencies, meta }: Factory): boolean {
  const isOther = meta?.isClass === true || meta?.isTransformFunction === true || ownNames.includes(fn);
  return dependencies.includes("typed") && !isOther;
}

function onDemand(factory: Factory): Factory {
  const { isFactory: isOne, fn, dependencies, meta } = factory;
  const standIn = (scope: object) => standInFor(fn, () => factory(scope));
  return Object.assign(standIn, { isFactory: isOne, fn, dependencies, ...(meta !== undefined && { meta }) });
}

/** By these mathjs knows such a function, and looks for the one of its parts that takes some types. */
const knownBy = ["signatures", "_typedFunctionData"];

function standInFor(name: string, make: () => unknown): (...given: unknown[]) => unknown {
  let made: ((...given: unknown[]) => unknown) | undefined;
  const get = () => (made ??= typedFunction(name, make()));
  const standIn = (...given: unknown[]) => get()(...given);
  Object.defineProperty(standIn, "name", { value: name });
  for (const property of knownBy)
    Object.defineProperty(standIn, property, { get: (): unknown => Reflect.get(get(), property) });
  return standIn;
}

function typedFunction(name: string, made: unknown): (...given: unknown[]) => unknown {
  if (isCallable(made) && knownBy.every((property) => property in made)) return made;
  throw new Error(`mathjs makes ${name} in another way than it did`);
}

function isCallable(value: unknown): value is (...given: unknown[]) => unknown {
  return typeof value === "function";
}
