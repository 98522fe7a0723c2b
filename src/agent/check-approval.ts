import type { ApprovalModes } from "../config/approval.ts";
import type { Engine } from "../engine/engine.ts";
import { ConfigError } from "../errors.ts";
import { nearest, suggestion } from "../text/nearest.ts";
import { cutText, printable } from "../text/text.ts";

/**
 * Settings for tools that there are not protect from nothing. Of a name that is nearly a tool's own of axoner that is
 * refused; others may be those of a server that is not there at present, so of them it is only said.
 *
 * @returns what is to be said
 * @throws ConfigError
 */
export async function checkApproval(
  modes: ApprovalModes,
  ownTools: readonly string[],
  engine: Engine,
): Promise<string[]> {
  const strange = Object.keys(modes).filter((name) => name !== "*" && !ownTools.includes(name));
  if (strange.length === 0) return [];
  const known = new Set((await engine.definitions()).map(({ name }) => name));
  return strange
    .filter((one) => !known.has(one))
    .map((name) => {
      const told = `approve: there is no tool "${printable(cutText(name, 60))}"`;
      const near = nearest(name, ownTools);
      if (near.length > 0) throw new ConfigError(`${told}${suggestion(near)}`);
      return `${told} now, so what is set for it holds for nothing; \`axoner tool\` lists axoner's own`;
    });
}
