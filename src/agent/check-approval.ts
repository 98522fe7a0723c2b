import type { ApprovalModes } from "../config/approval.ts";
import type { Engine } from "../engine/engine.ts";
import { ConfigError } from "../errors.ts";
import { log } from "../log.ts";
import { nearest, suggestion } from "../nearest.ts";
import { cutText, printable } from "../text.ts";

/**
 * Settings for tools that there are not protect from nothing. Of a name that is nearly a tool's own of axoner that is
 * refused; others may be those of a server that is not there at present, so of them it is only said.
 *
 * @throws ConfigError
 */
export async function checkApproval(modes: ApprovalModes, ownTools: readonly string[], engine: Engine): Promise<void> {
  const strange = Object.keys(modes).filter((name) => name !== "*" && !ownTools.includes(name));
  if (strange.length === 0) return;
  const known = new Set((await engine.definitions()).map(({ name }) => name));
  for (const name of strange.filter((one) => !known.has(one))) {
    const told = `approve: there is no tool "${printable(cutText(name, 60))}"`;
    const near = nearest(name, ownTools);
    if (near.length > 0) throw new ConfigError(`${told}${suggestion(near)}`);
    log.warn(`${told} now, so what is set for it holds for nothing; \`axoner tool\` lists axoner's own`);
  }
}
