import { describe, expect, test } from "vitest";
import { decodeText } from "../../src/web/charset.ts";

describe("a charset that nobody declares", () => {
  const samples: [encoding: string, bytes: string, text: string][] = [
    [
      "Shift_JIS",
      "93fa967b8cea82cc8379815b835782c582b7814295b68e9a82cc8eed97de82f090e98cbe82b582c482a282dc82b982f18142",
      "日本語のページです。",
    ],
    [
      "GBK",
      "d6d0cec4cdf8d2b3b5c4c4dac8ddd4dad5e2c0efa3acc7ebd7d0cfb8d4c4b6c1a1a3",
      "中文网页的内容在这里，请仔细阅读。",
    ],
    [
      "windows-1251",
      "cff0e8e2e5f22c20fdf2ee20f1f2f0e0ede8f6e020ede020f0f3f1f1eaeeec20ffe7fbeae52e",
      "Привет, это страница на русском языке.",
    ],
    ["EUC-KR", "c7d1b1b9beee20c6e4c0ccc1f6c0c720b3bbbfebc0d4b4cfb4d92e", "한국어 페이지의 내용입니다."],
    ["windows-1252", "436166e920e020506172697320e8", "Café à Paris è"],
  ];
  test.each(samples)("is found to be %s", (_encoding, hex, expected) => {
    expect(decodeText(Buffer.from(`3c703e${hex}`, "hex"), "text/html")).toContain(expected);
  });

  test("or is declared wrongly: Western for UTF-8, and UTF-8 for something else", () => {
    expect(decodeText(Buffer.from("<p>Grüße, 日本"), "text/html; charset=iso-8859-1")).toBe("<p>Grüße, 日本");
    const russian = Buffer.from(samples[2]?.[1] ?? "", "hex");
    expect(decodeText(russian, "text/html; charset=utf-8")).toBe(samples[2]?.[2]);
    expect(
      decodeText(Buffer.concat([Buffer.from("Grüße, schöne"), Buffer.from([0xff])]), "text/html; charset=utf-8"),
    ).toBe("Grüße, schöne\ufffd");
  });
});
