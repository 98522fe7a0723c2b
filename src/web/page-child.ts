import { answerByteTasks } from "../isolate/byte-tasks.ts";
import { collectGarbage, releaseGarbage } from "../isolate/collect-garbage.ts";
import { writeJson } from "../text/json-bytes.ts";
import type { JsonValue } from "../message.ts";
import { answerPage } from "./answer-page.ts";
import { pageTask } from "./page-task.ts";

/** What is beyond the second is given back by the end of the process alone, which starts with 50 MB. */
const keptMb = 24;
const grownMb = 60;
/** Of what a page leaves behind before its JSON is made, which takes 40 MB. */
const readMb = 60;

// What a page says is written, not kept.
answerByteTasks(async (task, bytes, take) => {
  const writtenBytes: number[] = [];
  const encode = (value: JsonValue, shownChars: number) => {
    const { sizeBytes, ...shown } = writeJson(value, shownChars, take);
    writtenBytes.push(sizeBytes);
    return { ...shown, pieces: [] };
  };
  const answer = await answerPage(pageTask.parse(Object.assign({}, task, { bytes })), {
    encode,
    whenRead: () => releaseGarbage(readMb),
  });
  setImmediate(() => collectGarbage(keptMb));
  return { answer, writtenBytes };
}, grownMb);
