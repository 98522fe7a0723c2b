/** The environment a child process needs to run at all: no keys, no options. */
export function childEnvironment(): Record<string, string> {
  const names = [
    "PATH",
    "HOME",
    "TMPDIR",
    "TEMP",
    "TMP",
    "LANG",
    "LC_ALL",
    "TZ",
    "SystemRoot",
    "NODE_EXTRA_CA_CERTS",
    "SSL_CERT_FILE",
  ];
  return Object.fromEntries(
    names.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]])),
  );
}
