import type { Engine } from "../engine/engine.ts";
import { errorMessage } from "../errors.ts";
import type { JsonObject, StoredMessage, ToolCall } from "../message.ts";
import { approvedTools } from "../session/approvals.ts";
import { callsOf, saidMessages } from "../session/said.ts";
import type { ToolDefinition, ToolResult } from "../tools/tool.ts";
import type { Conversation } from "./ask-model.ts";
import { effectsOf, isUntrustedResult, type Effect } from "./call-effects.ts";
import { noSuchTool } from "./engines.ts";
import { untilAbort } from "./until-abort.ts";

/**
 * Decides whether a call that the model wants to make is made; it is told of every call. What it throws refuses the call.
 * Calls of one reply come at the same time.
 */
export type Approve = (call: CallToApprove, context: ApprovalContext) => Promise<Approval>;

export interface CallToApprove {
  id: string;
  name: string;
  /** As the model sent it: hostile, and not yet known to fit the tool. */
  input: JsonObject;
  definition: ToolDefinition;
}

export interface ApprovalContext {
  sessionId: string;
  /** Aborts when the run is cancelled; the decision is not waited for then. */
  signal: AbortSignal;
  /** What the call does; nothing for what only reads or calculates on this machine. */
  effects: readonly Effect[];
  /** Whether this session has read what anybody may have written: pages, hits, results of other servers. */
  isUntrusted: boolean;
  /** Whether `remember` was called for the tool in this session, by an earlier process too. */
  isRemembered(): boolean;
  /** Keep with the session that the tool may be called. */
  remember(): Promise<void>;
}

export type Approval = { ok: true } | { ok: false; /** For the model. */ reason: string };

/** The approvals of one run, and of the agents below it. */
export interface RunApproval {
  approve: Approve;
  /** Undefined where the call may be made, else what its model is told. */
  check(call: ToolCall & { input: JsonObject }, signal: AbortSignal): Promise<ToolResult | undefined>;
  /** A call was made, and this is about to be read. */
  answered(call: ToolCall, ok: boolean): Promise<void>;
  isUntrusted(): Promise<boolean>;
  isRemembered(name: string): boolean;
  remember(name: string): Promise<void>;
}

interface RunApprovalOptions {
  approve: Approve;
  engine: Engine;
  conversation: Conversation;
  /** Where paths are relative to, and what may be written without leaving it. */
  workspace: string | undefined;
  /** The run that called this one: it is one session to its user. */
  parent: RunApproval | undefined;
}

interface Approving {
  approve?: Approve | undefined;
  workspace?: string | undefined;
}

/** Of an agent, or of the run that called it where it has none of its own; undefined where every call is made. */
export function approvalOf(
  { approve: own, workspace }: Approving,
  parts: Pick<RunApprovalOptions, "engine" | "conversation" | "parent">,
): RunApproval | undefined {
  const approve = own ?? parts.parent?.approve;
  return approve && openRunApproval({ ...parts, approve, workspace });
}

function openRunApproval(options: RunApprovalOptions): RunApproval {
  const { approve, engine, conversation, workspace, parent } = options;
  const remembered = approvedTools(conversation.messages());
  let hasRead: Promise<boolean> | undefined;
  const isUntrusted = async () => {
    hasRead ??= engine.definitions().then((definitions) => hasReadOthers(conversation.messages(), definitions));
    return (await hasRead) || ((await parent?.isUntrusted()) ?? false);
  };
  const isRemembered = (name: string) => remembered.has(name) || parent?.isRemembered(name) === true;
  const remember = async (name: string) => {
    if (parent !== undefined) return parent.remember(name);
    if (remembered.has(name)) return;
    remembered.add(name);
    await conversation.append([{ role: "note", type: "approval", tool: name }]);
  };
  const decide = async (call: CallToApprove, signal: AbortSignal) =>
    approve(call, {
      sessionId: conversation.sessionId,
      signal,
      effects: effectsOf(call.definition, call.input, workspace),
      isUntrusted: await isUntrusted(),
      isRemembered: () => isRemembered(call.name),
      remember: () => remember(call.name),
    });
  return {
    approve,
    isUntrusted,
    isRemembered,
    remember,
    async check({ id, name, input }, signal) {
      const definitions = await engine.definitions();
      const definition = definitions.find((one) => one.name === name);
      if (definition === undefined) {
        return noSuchTool(
          name,
          definitions.map((one) => one.name),
        );
      }
      try {
        const approval = await untilAbort(decide({ id, name, input, definition }, signal), signal);
        return approval.ok
          ? undefined
          : { ok: false, code: "not_allowed", message: `${name} was not called: ${approval.reason}` };
      } catch (thrown) {
        if (signal.aborted) return { ok: false, code: "cancelled", message: `${name} was cancelled before it began` };
        const message = `${name} was not called, as nobody could decide whether it may be: ${errorMessage(thrown)}`;
        return { ok: false, code: "not_allowed", message };
      }
    },
    async answered({ name, input }, ok) {
      if (await hasRead) return;
      const definition = (await engine.definitions()).find((one) => one.name === name);
      if (isUntrustedResult({ name, input, ok, definition })) hasRead = Promise.resolve(true);
    },
  };
}

/** Of a tool that is not there any more nobody knows where its results came from. */
function hasReadOthers(stored: readonly StoredMessage[], definitions: readonly ToolDefinition[]): boolean {
  let calls: readonly ToolCall[] = [];
  return saidMessages(stored).some(({ message }) => {
    if (message.role === "assistant") calls = callsOf(message);
    if (message.role !== "tool" || message.refused === true) return false;
    const { callId, name, ok } = message;
    const input = calls.find(({ id }) => id === callId)?.input ?? {};
    return isUntrustedResult({ name, input, ok, definition: definitions.find((one) => one.name === name) });
  });
}
