import { lstatSync, realpathSync, statSync } from "node:fs";
import { homedir } from "node:os";
import { basename, dirname, join, resolve, sep } from "node:path";
import { ConfigError, errorMessage, systemErrorCode } from "../errors.ts";

export interface Folders {
  roots: string[];
  workspace: string;
  allow_write: string[];
  plugins: string[];
}

interface FolderOptions {
  root: string[];
  workspace?: string | undefined;
  allow_write: string[];
  plugin: string[];
}

/**
 * Which folders may be read and written. Without `--root` it is the current folder, unless that is one that nobody
 * chose: `/`, the home folder, a system or an application folder (desktop clients start servers there).
 *
 * @throws ConfigError for a root or a plugin that does not exist, and for a default workspace that is a link
 */
export function decideFolders(options: FolderOptions, currentFolder: string, environment: NodeJS.ProcessEnv): Folders {
  const given = options.root.map((root) => existing(resolve(expandHome(root)), "--root", "folder"));
  const roots = given.length > 0 ? given : isUnchosen(currentFolder) ? [] : [realpathSync(currentFolder)];
  const first = roots[0];
  const fallback = first === undefined ? join(stateFolder(environment), "axoner", "workspace") : join(first, ".axoner");
  return {
    roots: [...new Set(roots)],
    workspace: options.workspace === undefined ? unlinked(fallback) : realPath(resolve(expandHome(options.workspace))),
    allow_write: options.allow_write.map((folder) => existing(resolve(expandHome(folder)), "--allow-write", "folder")),
    plugins: options.plugin.map((file) => existing(resolve(expandHome(file)), "--plugin", "file")),
  };
}

/** Where programs keep what is theirs and not a setting. */
export function stateFolder(environment: NodeJS.ProcessEnv): string {
  return environment["XDG_STATE_HOME"] || join(homedir(), ".local", "state");
}

/** A link that came with a project, which nobody named, would put the workspace anywhere. */
function unlinked(workspace: string): string {
  if (lstatSync(workspace, { throwIfNoEntry: false })?.isSymbolicLink() !== true) return workspace;
  throw new ConfigError(
    `the workspace ${workspace} is a link: remove it, or name the folder it leads to with --workspace DIR`,
  );
}

/** A path without links; the part of it that is not there yet stays as it is. */
function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch (thrown) {
    if (systemErrorCode(thrown) === "ENOENT" && dirname(path) !== path)
      return join(realPath(dirname(path)), basename(path));
    throw new ConfigError(`--workspace ${path}: ${errorMessage(thrown)}`, { cause: thrown });
  }
}

const systemFolders = [
  "/bin",
  "/boot",
  "/dev",
  "/etc",
  "/lib",
  "/opt",
  "/proc",
  "/run",
  "/sbin",
  "/snap",
  "/sys",
  "/usr",
  "/var",
  "/Applications",
  "/Library",
  "/System",
];
const windowsSystemFolder = /^[a-z]:\\(windows|program files|program files \(x86\))(\\|$)/i;
/** Folders below a system folder in which people do keep their work. */
const workFolders = ["/var/folders", "/var/tmp", "/usr/src"];

function isUnchosen(folder: string): boolean {
  const real = realpathSync(folder);
  const home = realHome();
  if (real === home || real === dirname(real)) return true;
  if (process.platform === "win32") return windowsSystemFolder.test(real);
  return systemFolders.some((system) => isInside(real, system)) && !workFolders.some((work) => isInside(real, work));
}

/** The home folder without links; as it is named where it is not there, as for some service accounts. */
function realHome(): string {
  try {
    return realpathSync(homedir());
  } catch {
    return homedir();
  }
}

function isInside(path: string, folder: string): boolean {
  return path === folder || path.startsWith(folder + sep);
}

function existing(path: string, flag: string, kind: "folder" | "file"): string {
  try {
    const real = realpathSync(path);
    if (statSync(real).isDirectory() === (kind === "folder")) return real;
  } catch (thrown) {
    const why = systemErrorCode(thrown) === "ENOENT" ? "is not there" : `cannot be read: ${errorMessage(thrown)}`;
    throw new ConfigError(`${flag} ${path} ${why}; name a ${kind} that is`, { cause: thrown });
  }
  throw new ConfigError(`${flag} ${path} is not a ${kind}; name one`);
}

/** A path that begins with `~`, whole. */
export function expandHome(path: string): string {
  return path === "~" || path.startsWith(`~${sep}`) || path.startsWith("~/") ? join(homedir(), path.slice(1)) : path;
}
