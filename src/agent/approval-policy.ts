import { modeOf, type ApprovalModes } from "../config/approval.ts";
import type { Approval, ApprovalContext, Approve, CallToApprove } from "./approval.ts";

/** Puts a call to a person. After an abort of its signal the answer is not waited for. */
export type Ask = (question: Question) => Promise<Answer>;

export interface Question extends CallToApprove, Pick<ApprovalContext, "effects" | "isUntrusted" | "signal"> {
  /** Whether `always` is an answer that would change anything. */
  canRemember: boolean;
}

export type Answer = { type: "once" } | { type: "always" } | { type: "no"; /** For the model. */ reason?: string };

export interface PolicyOptions {
  modes: ApprovalModes;
  /** Without somebody to ask, what would have to be asked is refused, and what nobody has said anything about is not asked. */
  ask?: Ask | undefined;
}

/**
 * Decide by settings, and ask about the rest, one question after another. Once the session has read what anybody may
 * have written, each write outside the workspace is asked about, whatever the settings are.
 */
export function approvalPolicy({ modes, ask }: PolicyOptions): Approve {
  let last: Promise<unknown> = Promise.resolve();
  return async (call, context) => {
    const verdict = judge(call, context, { modes, canAsk: ask !== undefined });
    if (verdict.type === "decided") return verdict.approval;
    if (ask === undefined) return no(unasked(call, context));
    const mine = last.then(() => put({ call, context, ask, canRemember: verdict.canRemember }));
    last = mine.catch(() => undefined);
    return mine;
  };
}

type Verdict = { type: "decided"; approval: Approval } | { type: "ask"; canRemember: boolean };

const yes: Approval = { ok: true };
const decided = (approval: Approval): Verdict => ({ type: "decided", approval });

interface Judging {
  modes: ApprovalModes;
  canAsk: boolean;
}

function judge({ name }: CallToApprove, context: ApprovalContext, { modes, canAsk }: Judging): Verdict {
  const { effects, isUntrusted, isRemembered } = context;
  const isNamed = Object.hasOwn(modes, name);
  const mode = modeOf(modes, name);
  if (effects.length === 0 && !isNamed) return decided(yes);
  if (mode === "never")
    return decided(no("the settings allow it never; go on without it, or tell the user that it would be needed"));
  if (isUntrusted && effects.includes("writes_outside")) return { type: "ask", canRemember: false };
  if (mode === "always" || isRemembered() || (mode === undefined && !canAsk)) return decided(yes);
  return { type: "ask", canRemember: true };
}

interface Putting {
  call: CallToApprove;
  context: ApprovalContext;
  ask: Ask;
  canRemember: boolean;
}

async function put({ call, context, ask, canRemember }: Putting): Promise<Approval> {
  const { effects, isUntrusted, signal, isRemembered, remember } = context;
  signal.throwIfAborted();
  if (canRemember && isRemembered()) return yes; // by the answer to the question before
  const answer = await ask({ ...call, effects, isUntrusted, signal, canRemember });
  if (answer.type === "always" && canRemember) await remember();
  if (answer.type !== "no") return yes;
  const said = answer.reason === undefined ? "the user said no" : `the user said no: ${answer.reason}`;
  return no(`${said}\nDo not do the same in another way; go on without it, or ask what to do instead.`);
}

function no(reason: string): Approval {
  return { ok: false, reason };
}

function unasked({ name }: CallToApprove, { effects, isUntrusted }: ApprovalContext): string {
  if (isUntrusted && effects.includes("writes_outside")) {
    return "after reading what others wrote, changing something outside the workspace needs a yes in a terminal (axoner chat), whatever is set. Write into the workspace instead, or tell the user.";
  }
  return `it has to be asked about, and nobody can be asked here; the user can allow it with --approve ${name}=always`;
}
