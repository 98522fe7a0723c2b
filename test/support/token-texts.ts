import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";

/** Texts by what they are, for comparing estimates of their tokens with real counts. */
export const texts: Readonly<Record<string, string>> = {
  English:
    "The committee met on Tuesday to discuss the proposed changes to the harbour. Several members, among them the former mayor, objected that the figures had not been checked; others felt that waiting any longer would cost more than a mistake. After two hours they agreed to ask an independent engineer, and to publish whatever she found.",
  German:
    "Der Ausschuss traf sich am Dienstag, um die geplanten Änderungen am Hafen zu besprechen. Mehrere Mitglieder, darunter der frühere Bürgermeister, wandten ein, dass die Zahlen nicht überprüft worden seien; die Geschwindigkeitsbegrenzung für Schiffe und die Grundstücksverkehrsgenehmigung blieben ungeklärt.",
  French:
    "Le comité s'est réuni mardi pour examiner les modifications proposées du port. Plusieurs membres, dont l'ancien maire, ont objecté que les chiffres n'avaient pas été vérifiés ; d'autres estimaient qu'attendre davantage coûterait plus cher qu'une erreur. Après deux heures, ils ont décidé d'interroger une ingénieure indépendante.",
  Russian:
    "Комитет собрался во вторник, чтобы обсудить предлагаемые изменения в порту. Несколько членов, в том числе бывший мэр, возразили, что цифры не были проверены; другие считали, что дальнейшее ожидание обойдётся дороже ошибки. Через два часа они решили обратиться к независимому инженеру.",
  Chinese:
    "委员会星期二开会讨论港口的拟议变更。包括前市长在内的几名成员反对说,这些数字没有经过核实;其他人认为,再等下去的代价会比犯错更大。两个小时后,他们同意请一位独立工程师来检查,并公布她发现的一切。",
  Japanese:
    "委員会は火曜日に集まり、港の変更案について話し合った。元市長を含む数人の委員は、数字が確認されていないと反対した。これ以上待てば間違いよりも高くつくと考える人もいた。二時間後、独立した技術者に依頼し、その結果を公表することで合意した。",
  Korean:
    "위원회는 화요일에 모여 항구 변경안을 논의했다. 전 시장을 포함한 여러 위원들은 수치가 확인되지 않았다고 반대했다. 두 시간 뒤 그들은 독립적인 기술자에게 의뢰하기로 합의했다.",
  Arabic:
    "اجتمعت اللجنة يوم الثلاثاء لمناقشة التغييرات المقترحة في الميناء. واعترض عدد من الأعضاء، ومنهم رئيس البلدية السابق، بأن الأرقام لم تُراجع. وبعد ساعتين اتفقوا على سؤال مهندسة مستقلة.",
  Hindi:
    "समिति मंगलवार को बंदरगाह में प्रस्तावित बदलावों पर चर्चा करने के लिए मिली। पूर्व महापौर सहित कई सदस्यों ने आपत्ति जताई कि आंकड़ों की जांच नहीं की गई थी।",
  Thai: "คณะกรรมการประชุมกันในวันอังคารเพื่อหารือเกี่ยวกับการเปลี่ยนแปลงที่เสนอสำหรับท่าเรือ สมาชิกหลายคนคัดค้านว่าตัวเลขยังไม่ได้รับการตรวจสอบ",
  Finnish:
    "Komitea kokoontui tiistaina keskustelemaan sataman ehdotetuista muutoksista. Useat jäsenet, heidän joukossaan entinen pormestari, huomauttivat, ettei lukuja ollut tarkistettu.",
  Amharic: "ኮሚቴው ማክሰኞ ተሰብስቦ በወደቡ ላይ የቀረቡትን ለውጦች ተወያየ።",
  Georgian: "კომიტეტი სამშაბათს შეიკრიბა პორტში შემოთავაზებული ცვლილებების განსახილველად.",
  emoji: "👩‍🚀🎉🧪🇫🇮🥇🦜✅→…—“”€½",
  TypeScript: readFileSync(new URL("../../src/providers/fallback.ts", import.meta.url), "utf8"),
  Python: readFileSync(new URL("on-terminal.py", import.meta.url), "utf8"),
  "JSON settings": readFileSync(new URL("../../package.json", import.meta.url), "utf8"),
  Markdown: readFileSync(new URL("../../docs/decisions/0007-dependencies.md", import.meta.url), "utf8"),
  "CSV of floats": rows((n) => `${(n * 1.37).toFixed(4)},${(n / 7).toFixed(6)},${(Math.sin(n) * 1e4).toFixed(2)}`),
  "JSON rows": rows((n) => JSON.stringify({ id: n * 7919, price: Number((n * 3.17).toFixed(2)), x: Math.sin(n) })),
  "JSON arrays": JSON.stringify([...numbers()].map((n) => [n, n * n, -n / 3])),
  "ISO dates": rows((n) => new Date(1.6e12 + n * 7_654_321).toISOString()),
  UUIDs: rows((n) => hash(n, "hex").replace(/^(.{8})(.{4})(.{4})(.{4})(.{12}).*/, "$1-$2-$3-$4-$5")),
  hex: rows((n) => hash(n, "hex")),
  "upper hex": rows((n) => hash(n, "hex").toUpperCase()),
  base64: rows((n) => hash(n, "base64")),
  base64url: [...numbers()].map((n) => hash(n, "base64url")).join(""),
  "random letters": rows((n) => hash(n, "hex").replace(/\d/g, (digit) => "qxzjvwkyph"[Number(digit)] ?? "")),
  "random capitals": rows((n) =>
    hash(n, "base64")
      .toUpperCase()
      .replace(/[^A-Z]/g, ""),
  ),
  addresses: rows((n) => `https://shop${n}.example.com/p/${hash(n, "hex").slice(0, 10)}?ref=${n * 31}&utm_source=a`),
  "IP addresses": rows((n) => `${n % 256}.${(n * 7) % 256}.${(n * 13) % 256}.${(n * 29) % 256}`),
  punctuation: rows((n) =>
    [...hash(n, "hex")].map((digit) => "#@!{}[]<>|~^%$&*+=?;"[Number.parseInt(digit, 16)]).join(""),
  ),
  "Markdown table": rows((n) => `| ${n} | ${(n * 2.5).toFixed(2)} | ${n % 2 ? "yes" : "no"} | — |`),
  blanks: rows((n) => `${" ".repeat(n % 9)}${"\t".repeat(n % 3)} x`),
};

function* numbers(): Generator<number> {
  for (let number = 1; number <= 200; number++) yield number;
}

function rows(toRow: (number: number) => string): string {
  return [...numbers()].map(toRow).join("\n");
}

function hash(number: number, encoding: "hex" | "base64" | "base64url"): string {
  return createHash("sha256").update(String(number)).digest(encoding);
}
