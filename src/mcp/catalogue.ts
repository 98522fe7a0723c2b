/** A small picture that clients show beside a name. */
export interface Icon {
  /** A `data:` address: nothing is fetched to show it. */
  src: string;
  mimeType: string;
  sizes: string[];
}

export interface Resource {
  uri: string;
  name: string;
  description: string;
  mimeType: string;
  /** ISO 8601. */
  lastModified: string;
}

export interface ResourceTemplate {
  uriTemplate: string;
  name: string;
  title: string;
  description: string;
  mimeType: string;
}

export interface ResourceText {
  mimeType: string;
  text: string;
}

export interface Prompt {
  name: string;
  title: string;
  description: string;
  arguments: PromptArgument[];
}

export interface PromptArgument {
  name: string;
  description: string;
  required: boolean;
}

export interface Completing {
  /** Whose argument it is: the name of a prompt, or the text of a template. */
  of: { prompt: string } | { template: string };
  argument: string;
  /** What is written of it so far. */
  value: string;
}

/** What a server offers besides tools. Texts that others wrote are told apart from what we say. */
export interface Catalogue {
  resources(): Promise<Resource[]>;
  templates(): Promise<readonly ResourceTemplate[]>;
  /** Undefined where there is nothing at the address. */
  read(uri: string, signal: AbortSignal): Promise<ResourceText | undefined>;
  prompts(): Promise<Prompt[]>;
  /**
   * What the user says to the model; undefined where there is no prompt of the name.
   *
   * @throws ToolError `invalid_input` for arguments that it does not take
   */
  fill(name: string, given: Readonly<Record<string, string>>): Promise<string | undefined>;
  /** The values that an argument can have, best first; undefined where there is no such argument. */
  complete(asked: Completing): Promise<string[] | undefined>;
}
