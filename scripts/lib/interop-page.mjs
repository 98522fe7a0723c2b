/** What `npm run test:interop` makes of its results: docs/interop.md, and what was not expected. */

export const cells = ["list", "call", "agent", "error", "timeout", "cancel", "1 MB", "killed", "close"];

/** What a row did otherwise than the list of known failures says, in words. */
export function surprises({ row, cells: found }, expected) {
  const known = expected[row] ?? {};
  return Object.entries(found).flatMap(([cell, outcome]) => {
    if (outcome === "ok" && cell in known) return [`${cell} passes now; take it off the list of known failures`];
    return outcome === "ok" || cell in known ? [] : [`${cell}: ${outcome}`];
  });
}

export function sumOf(results) {
  const all = results.length * cells.length;
  const failed = results.reduce((sum, { cells: found }) => sum + failures(found).length, 0);
  return `${all - failed} of ${all} cells pass.`;
}

export function page(results, expected) {
  const line = (columns) => `| ${columns.join(" | ")} |`;
  const table = [
    line(["Client", "Version", ...cells]),
    line(["---", "---", ...cells.map(() => ":-:")]),
    ...results.map(({ row, version, cells: found }) =>
      line([row, version, ...cells.map((cell) => (found[cell] === "ok" ? "✓" : "✗"))]),
    ),
  ];
  const causes = results.flatMap(({ row, cells: found }) =>
    failures(found).map(([cell, saw]) => {
      const cause = expected[row]?.[cell];
      return `- **${row}**, ${cell}: ${cause === undefined ? "not expected" : cause} (\`${saw.replaceAll("`", "'")}\`)`;
    }),
  );
  return `${[
    "# Interop with Python's frameworks",
    "`npm run test:interop` puts every framework's own client, at the version named, through what is in the columns, and writes this page. Everything that does not hold counts as a failure, whoever's it is. It fails where a cell does otherwise than `python-client/tests/interop/expected.json` says, which has the cause of every known failure; a row that does is run once more first, with nothing beside it.",
    sumOf(results),
    table.join("\n"),
    "## What the columns say",
    [
      "- **list**: all tools, with all arguments. **call**: one of them. **agent**: the framework's agent asks a scripted model, which uses a tool and answers from what it was told (`mcp` and `fastmcp` have no agent: a call by hand; that of `AsyncBridge` is axoner's own).",
      "- **error**: a failed call tells its code, and the next one works. **timeout**: a query without end is answered in time, by a job's id or the client's limit of 8 s (50 s where a client has none), and the next call works. **cancel**: a cancelled task ends, the process that computed its query is seen to stop, and the next call works.",
      "- **1 MB**: a query with 10,000 rows of 100 characters is answered with their number and no more than fits. **killed**: after a `kill -9` of the server, the next call works. **close**: no server is left.",
    ].join("\n"),
    "## Causes",
    causes.length === 0 ? "Nothing failed." : causes.join("\n"),
  ].join("\n\n")}\n`;
}

function failures(found) {
  return Object.entries(found).filter(([, outcome]) => outcome !== "ok");
}
