import assert from "node:assert/strict";
import type { Message } from "../message.ts";
import type { ModelRequest } from "../providers/provider.ts";

export interface Sending {
  /** Asks once, and gives what the service received. */
  send(changes: Partial<ModelRequest>): Promise<string>;
}

/** That all of a request arrives: each case looks for words that stand in one part of it alone. */
export const sending: Record<string, (subject: Sending) => Promise<void>> = {
  async "sends the system text"({ send }) {
    expectWords(await send({ system: "Speak like a quokkasailor." }), ["quokkasailor"]);
  },
  async "sends every message of a conversation, in its order"({ send }) {
    expectWords(await send({ messages: conversation }), [
      "firstquestion",
      "interimanswer",
      "calculate",
      "argumentword",
      "resultword",
      "secondanswer",
      "lastquestion",
    ]);
  },
  async "sends the tools: names, descriptions and arguments"({ send }) {
    const tool = (word: string) => ({
      name: `${word}_tool`,
      description: `Does ${word}things.`,
      inputSchema: { type: "object", properties: { [`${word}argument`]: { type: "string" } } },
    });
    const words = (word: string) => [`${word}_tool`, `${word}things`, `${word}argument`];
    const body = await send({ tools: [tool("wombat"), tool("numbat")] });
    for (const word of [...words("wombat"), ...words("numbat")]) expectWords(body, [word]);
  },
  async "sends the format of the reply"({ send }) {
    const schema = { type: "object", properties: { bandicootcolour: { type: "string" } } };
    expectWords(await send({ output: { name: "answer", schema } }), ["bandicootcolour"]);
  },
  async "sends the limit of the reply's length"({ send }) {
    assert.match(await send({ maxOutputTokens: 7_517 }), /(?<!\d)7517(?!\d)/, "7517, the limit, was not sent");
  },
  async "sends the user's pictures"({ send }) {
    const base64 = "iVBORw0KGgoquokkapicture=";
    const images = [{ mediaType: "image/png", base64 }];
    expectWords(await send({ messages: [{ role: "user", text: "What is it?", images }] }), [base64]);
  },
};

const conversation: Message[] = [
  { role: "user", text: "The firstquestion." },
  {
    role: "assistant",
    parts: [
      { type: "text", text: "An interimanswer." },
      { type: "tool_call", call: { id: "call_1", name: "calculate", input: { expression: "argumentword" } } },
    ],
  },
  { role: "tool", callId: "call_1", name: "calculate", ok: true, text: '{"result":"resultword"}' },
  { role: "assistant", parts: [{ type: "text", text: "A secondanswer." }] },
  { role: "user", text: "The lastquestion." },
];

/** Words that are there, one behind the other. */
function expectWords(body: string, words: readonly string[]): void {
  let at = 0;
  for (const word of words) {
    assert.ok(body.includes(word), `"${word}" was asked for and not sent`);
    at = body.indexOf(word, at);
    assert.ok(at !== -1, `"${word}" was sent before what stands before it: ${words.join(", ")}`);
  }
}
