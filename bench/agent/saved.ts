import { openStore, type StoredMessage } from "../../src/index.ts";

const roles = "user,assistant,tool,tool,assistant,tool,assistant";
const texts = ["bolts of %", "nuts of %", "ordered for %", "The order is %"];

/** Read back every session, and say what is wrong with the first that is not as it was said. */
export async function savedProblem(folder: string, sessions: number): Promise<string | undefined> {
  const store = await openStore(`file:${folder}`);
  try {
    for (let number = 0; number < sessions; number += 1) {
      const token = `tok-${String(number).padStart(5, "0")}-x`;
      const problem = problemOf((await store.load(token))?.messages ?? [], token);
      if (problem !== undefined) return `${token}: ${problem}`;
    }
    return undefined;
  } finally {
    await store.close();
  }
}

function problemOf(messages: readonly StoredMessage[], token: string): string | undefined {
  const found = messages.map(({ role }) => role).join();
  if (found !== roles) return `it holds ${found || "nothing"}`;
  const text = JSON.stringify(messages);
  const missing = texts.map((part) => part.replace("%", token)).find((part) => !text.includes(part));
  if (missing !== undefined) return `"${missing}" is missing`;
  const other = (text.match(/tok-\d+-x/g) ?? []).find((one) => one !== token);
  return other && `it holds ${other}`;
}
