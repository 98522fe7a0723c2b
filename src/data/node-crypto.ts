/** Loaded by its first use, and not by whoever might use it: that takes as long as reading a page of rows. */
export function nodeCrypto() {
  return process.getBuiltinModule("node:crypto");
}
