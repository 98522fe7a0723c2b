import { answerTasks } from "../isolate/tasks.ts";
import { collectGarbage } from "../isolate/collect-garbage.ts";
import { answerPage, type Answered } from "./answer-page.ts";
import { keepQueryShapes, keepShapes } from "./kept-shapes.ts";
import { pageTask, smallPageBytes } from "./page-task.ts";

answerTasks(answer, buffersOf);

async function answer(given: unknown): Promise<Answered> {
  const task = pageTask.parse(given);
  if (task.kind === "page") {
    keepShapes(task.extract);
    if (task.select.length > 0) await keepQueryShapes();
  }
  return answerPage(task, { outgrownBytes: smallPageBytes }).finally(tidyUp);
}

/** What a thread keeps for its next page, and what it keeps while it has none: then another may read a large one. */
const keptMb = 64;
const keptIdleMb = 24;
const idleMs = 50;

const idle = setTimeout(() => collectGarbage(keptIdleMb), idleMs).unref();

function tidyUp(): void {
  setImmediate(() => collectGarbage(keptMb));
  idle.refresh();
}

/** What a page says may be large, and is only written to a file: it is handed over, not copied. */
function buffersOf(answered: Answered): ArrayBuffer[] {
  if ("outgrown" in answered) return [answered.outgrown.buffer];
  if (!("ok" in answered) || !answered.ok || !("content" in answered)) return [];
  return [answered.content, ...answered.selected].flatMap(({ pieces }) => pieces.map(({ buffer }) => buffer));
}
