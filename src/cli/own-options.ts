/** What a word on the command line can be: one of these, or something that is looked for where it is completed. */
export type Words = readonly string[] | "files" | "folders" | "tools" | "sessions" | "models" | "free";

/** An option that one command has for itself; those of the configuration are in `config/options.ts`. */
export interface OwnOption {
  /** What stands for its value; a flag has none. */
  placeholder?: string;
  text: string;
  /** What its value can be. */
  words?: Words;
  isRepeatable?: true;
}

export type OwnOptions = Readonly<Record<string, OwnOption>>;

export interface VerbShape {
  options: OwnOptions;
  operands: readonly Words[];
  /** Whether it takes any number of the last operand. */
  takesMany?: boolean;
}

/** The lines of a command's own options, for its `--help`. */
export function optionLines(options: OwnOptions): string {
  const rows = Object.entries(options).map(([name, { placeholder, text }]) => {
    return [`--${name}${placeholder === undefined ? "" : ` ${placeholder}`}`, text] as const;
  });
  const width = Math.max(...rows.map(([flag]) => flag.length));
  return rows.map(([flag, text]) => `  ${flag.padEnd(width)}  ${text}`).join("\n");
}

/** The options as `parseArgs` takes them. */
export function parseable<Options extends OwnOptions>(options: Options) {
  const entries = Object.entries(options).map(([name, { placeholder }]) => {
    return [name, { type: placeholder === undefined ? ("boolean" as const) : ("string" as const) }];
  });
  return Object.fromEntries(entries) as { [Name in keyof Options]: ParseableOf<Options[Name]> };
}

type ParseableOf<Option> = Option extends { placeholder: string } ? { type: "string" } : { type: "boolean" };

/** The options as they are written. */
export function flagsOf(options: OwnOptions): string[] {
  return Object.keys(options).map((name) => `--${name}`);
}
