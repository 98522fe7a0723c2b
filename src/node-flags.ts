import { isSea } from "node:sea";

/** Flags of Node as a process of ours is started with them: the executable takes its own only in this form. */
export function nodeFlags(flags: readonly string[]): string[] {
  return isSea() ? [`--node-options=${flags.join(" ")}`] : [...flags];
}
