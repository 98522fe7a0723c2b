import { setImmediate } from "node:timers/promises";
import type { Answer, Ask, Question } from "../../agent/approval-policy.ts";
import { questionText } from "./question-text.ts";

/** Puts the questions of an agent to whoever sits at the terminal. */
export interface Desk {
  ask: Ask;
  /** Resolves while no question is open: what else is to be shown waits for it. */
  settled(): Promise<void>;
}

/** @param put shows a text and a prompt, and gives the line that is typed then; undefined where there is none */
export type PutQuestion = (question: {
  text: string;
  prompt: string;
  signal: AbortSignal;
}) => Promise<string | undefined>;

export function openDesk(put: PutQuestion): Desk {
  let open: Promise<unknown> | undefined;
  return {
    async ask(question) {
      const prompt = question.canRemember ? "(y)es, (a)lways, (n)o, or why not > " : "(y)es, (n)o, or why not > ";
      const typed = put({ text: questionText(question), prompt, signal: question.signal });
      open = typed.catch(() => undefined);
      return readAnswer(await typed, question);
    },
    async settled() {
      while (open !== undefined) {
        const before = open;
        await before;
        await setImmediate(); // the next question follows at once
        if (open === before) open = undefined;
      }
    },
  };
}

/** Only what is surely a yes is one. */
function readAnswer(typed: string | undefined, { canRemember }: Question): Answer {
  const text = typed?.trim() ?? "";
  if (/^(?:y|yes)$/i.test(text)) return { type: "once" };
  if (/^(?:a|always)$/i.test(text)) return canRemember ? { type: "always" } : { type: "no" };
  const reason = text.replace(/^(?:no?)(?:[,;:.\s]+|$)/i, "");
  return reason === "" ? { type: "no" } : { type: "no", reason };
}
