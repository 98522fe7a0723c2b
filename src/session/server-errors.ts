import { AxonerError, errorMessage } from "../errors.ts";

/** Whether an error of the network may pass by itself, by its code. */
export function isCutOff(code: string): boolean {
  return /^E(CONNREFUSED|CONNRESET|PIPE|TIMEDOUT|HOSTUNREACH|NETUNREACH)$/.test(code);
}

/** How trouble with a server is told. */
export interface Server {
  /** The server, as a sentence begins with it. */
  where: string;
  /** What must not be shown of what it says. */
  secrets: readonly string[];
  /** What the user should look at. */
  check: string;
}

/** @throws AxonerError for whatever goes wrong with a server */
export async function explained<Result>(
  { where, secrets, check }: Server,
  work: () => Promise<Result>,
): Promise<Result> {
  try {
    return await work();
  } catch (thrown) {
    if (thrown instanceof AxonerError || !(thrown instanceof Error)) throw thrown;
    const said = secrets.reduce((text, secret) => text.replaceAll(secret, "…"), errorMessage(thrown));
    throw new AxonerError(`${where} cannot be used: ${said}; check ${check}`, { cause: thrown });
  }
}
