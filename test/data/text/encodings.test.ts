import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, expect, test } from "vitest";
import { profileData } from "../../../src/tools/profile-data.ts";
import { queryData } from "../../../src/tools/query-data.ts";
import { readRows } from "../../../src/tools/read-rows.ts";
import { sniffDialect } from "../../../src/data/text/dialect.ts";
import { openDataFolder, type DataFolder } from "../../support/data-folder.ts";

let folder: DataFolder;

beforeAll(async () => {
  folder = await openDataFolder();
});

afterAll(async () => {
  await folder.close();
});

test.each([
  [
    "shift_jis",
    "96bc914f2c93738e730a8e52936391be98592c938c8b9e0a8db293a189d48e7182b382f12c91e58de382cc966b0a",
    "名前,都市\n山田太郎,東京\n佐藤花子さん,大阪の北\n",
  ],
  [
    "euc-jp",
    "ccbec1b02cc5d4bbd40abbb3c5c4a4bfa4eda4a62cc5ecb5fe0abab4c6a3a4cfa4caa4b32ca4aaa4aaa4b5a4ab0a",
    "名前,都市\n山田たろう,東京\n佐藤はなこ,おおさか\n",
  ],
  [
    "euc-kr",
    "c0ccb8a72cb5b5bdc30ab1e8c3b6bcf62cbcadbfef0ac0ccbfb5c8f12cbacebbea20c7d8bfeeb4eb0a",
    "이름,도시\n김철수,서울\n이영희,부산 해운대\n",
  ],
  [
    "gb18030",
    "d0d5c3fb2cb3c7cad00ad5c5ceb02cb1b1bea9cad00acdf5b7bc2cc9cfbaa3b5c4c6d6b6abd0c2c7f80a",
    "姓名,城市\n张伟,北京市\n王芳,上海的浦东新区\n",
  ],
  [
    "big5",
    "a96da6572cabb0a5ab0ab169b0b62cbb4fa55fa5ab0aa4fdaada2cb0aab6afaabaa5aac0e7b0cf0a",
    "姓名,城市\n張偉,臺北市\n王芳,高雄的左營區\n",
  ],
  [
    "windows-1251",
    "e8ecff2ce3eef0eee40ae8e2e0ed20efe5f2f0eee22ceceef1eae2e00aeeebfce3e02cf1e0edeaf22defe5f2e5f0e1f3f0e30a",
    "имя,город\nиван петров,москва\nольга,санкт-петербург\n",
  ],
  [
    "koi8-r",
    "c9cdd12cc7cfd2cfc40ac9d7c1ce20d0c5d4d2cfd72ccdcfd3cbd7c10acfccd8c7c12cd3c1cecbd42dd0c5d4c5d2c2d5d2c70a",
    "имя,город\nиван петров,москва\nольга,санкт-петербург\n",
  ],
])("reads %s, and says so", async (encoding, hex, text) => {
  const name = `${encoding}.csv`;
  await folder.write(name, Buffer.from(hex, "hex"));
  const [columns, ...rows] = text
    .trimEnd()
    .split("\n")
    .map((line) => line.split(","));
  expect(await folder.value(queryData, { sql: `select * from '${name}'` })).toMatchObject({ columns, rows });
  expect(await folder.value(readRows, { source: name })).toMatchObject({ columns, rows });
  expect(await folder.value(profileData, { source: name })).toMatchObject({ encoding, row_count: 2 });
});

test.each([
  "Größe;Preis\n1;2\n",
  "nome;informação\nJoão;ações\n",
  "SITUAÇÃO;VALOR\nSÃO JOÃO;1\n",
  "nom;idée\nAndrée;créée\n",
  "nimi;paikka\nMäärä;Hääyhö\n",
  "navn;by\nSøren Ærø;Ålborg\n",
  "preço;nota\n£5;12 m³ no 1º piso\n",
])("reads %j in Windows-1252, two letters with accents side by side", (text) => {
  const { encoding, problems } = sniff(Buffer.from(text, "latin1"));
  expect([encoding, problems]).toEqual(["windows-1252", []]);
});

test.each([
  ["kana alone in Shift-JIS", "834a83690a834183430a835e8369834a0a", "shift_jis"],
  ["Korean beside Latin letters", "b5b5bdc32cc8b8bbe70abcadbfef2c4c47c0fcc0da0abacebbea2c534bc5dab7b9c4de0a", "euc-kr"],
  ["Chinese beside Latin letters", "d0cdbac52cc3fbb3c60a3132332ccad6bbfa41bfee0a3435362ccad6bbfa42bfee0a", "gb18030"],
  ["Russian beside Latin words", "c3eef0eee42cceaee40acceef1eae2e02c4d534b0acae0e7e0edfc2c4b5a4e0a", "windows-1251"],
])("tells %s", (_, hex, encoding) => {
  expect(sniff(Buffer.from(hex, "hex")).encoding).toBe(encoding);
});

test.each([
  ["Polish", "496d69ea2c4b776f74610aa3756b61737a2c310a", "£ukasz"],
  ["Czech", "4a6de96e6f2c4dec73746f0a8e699e6b612c50f8ed6272616d0a", "Žižka"],
  ["Turkish", "dd73696d2c54757461720afe756c652c310a", "þule"],
])("tells that %s text in another encoding of Windows is read by a guess", async (language, hex, word) => {
  const source = `${language}.csv`;
  await folder.write(source, Buffer.from(hex, "hex"));
  const { encoding, problems } = await folder.value(profileData, { source });
  const message = expect.stringMatching(
    new RegExp(`^'${source}' is read as Windows-1252, which is a guess that "${word}"`),
  );
  expect({ encoding, problems }).toEqual({
    encoding: "windows-1252",
    problems: [{ line: 0, code: "doubtful_encoding", message }],
  });
});

test.each([
  [
    "Chinese taken for Korean",
    "b1e0bac52cc3fbb3c60a3030312cc6bbb9fb0a",
    /read as euc-kr, which is a guess from few characters, such as "긍뵀"/,
  ],
  [
    "Greek taken for Cyrillic",
    "69642c6e616d650a312cc1e8deede10a322cc8e5f3f3e1ebefedddeae70a",
    /read as windows-1251, which is a guess/,
  ],
  [
    "text of DOS taken for Windows",
    "69642c6e616d650a312c4a6f73820a",
    /Windows-1252, which is a guess that "Jos‚" makes doubtful/,
  ],
])("tells %s", (_, hex, message) => {
  const [problem] = sniff(Buffer.from(hex, "hex")).problems;
  expect(problem).toMatchObject({ code: "doubtful_encoding", message: expect.stringMatching(message) as string });
});

test.each([
  [
    "letters of DOS that would be Japanese",
    "69643b636974790a313b5a81726963680a323b4b946c6e0a",
    /an encoding that cannot be told/,
  ],
  ["UTF-32", "fffe00006100000062000000", /is text in UTF-32; convert it/],
])("refuses %s", (_, hex, message) => {
  expect(() => sniff(Buffer.from(hex, "hex"))).toThrow(message);
});

function sniff(bytes: Uint8Array) {
  return sniffDialect({ shown: "t.csv", bytes, complete: true });
}

test("reads a large file of two bytes a character, whose head ends within one", async () => {
  const line = Buffer.from("8e52936391be9859", "hex");
  const cell = Buffer.from("938c8b9e0a", "hex");
  await folder.write(
    "large.csv",
    Buffer.concat([
      Buffer.from("a,b\n"),
      ...Array.from({ length: 60_000 }, () => [line, Buffer.from(","), cell]).flat(),
    ]),
  );
  const answer = await folder.value(queryData, { sql: "select count(*), min(b) from 'large.csv'" });
  expect(answer["rows"]).toEqual([[60_000, "東京"]]);
});

test.each([
  ["utf-16le", "a.json", Buffer.from('\uFEFF[{"n":"Zürich","v":1.5}]', "utf16le")],
  ["utf-16le", "a.jsonl", Buffer.from('{"n":"Zürich","v":1.5}\n', "utf16le")],
  ["windows-1252", "b.json", Buffer.from('[{"n":"Zürich","v":1.5}]', "latin1")],
  ["windows-1252", "b.jsonl.gz", gzipSync(Buffer.from('{"n":"Zürich","v":1.5}\n', "latin1"))],
])("JSON in %s is read: %s", async (encoding, name, content) => {
  await folder.write(name, content);
  const expected = { columns: ["n", "v"], rows: [["Zürich", 1.5]] };
  expect(await folder.value(queryData, { sql: `select * from '${name}'` })).toMatchObject(expected);
  expect(await folder.value(readRows, { source: name })).toMatchObject(expected);
  expect(await folder.value(profileData, { source: name })).toMatchObject({ encoding, row_count: 1 });
});

test("bytes that mean nothing in the encoding, far down, are refused and never replaced", async () => {
  const rows = Buffer.concat(Array.from({ length: 60_000 }, () => Buffer.from("8e52936391be98592c938c8b9e0a", "hex")));
  await folder.write("wrong.csv", Buffer.concat([Buffer.from("a,b\n"), rows, Buffer.from([0xfd, 0x2c, 0xfe, 0x0a])]));
  expect(await folder.call(queryData, { sql: "select count(*) from 'wrong.csv'" })).toMatchObject({
    ok: false,
    code: "unreadable",
    message: expect.stringContaining("shift_jis") as string,
  });
});
