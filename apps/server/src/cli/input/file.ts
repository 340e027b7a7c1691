/** Files that a command names. */
import { open, stat } from "node:fs/promises";
import { resolve } from "node:path";
import { cliFaults } from "../faults.ts";

const maxBytes = 16 * 1024 * 1024;

/** As UTF-8. Relative to the folder. Fault: `file_unreadable`. */
export async function readTextFile(path: string, folder: string): Promise<string> {
  try {
    await using file = await open(resolve(folder, path));
    const { size } = await file.stat();
    if (size > maxBytes) throw unreadable(path, `longer than ${maxBytes} bytes`);
    return new TextDecoder("utf-8", { fatal: true }).decode(await file.readFile());
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === "file_unreadable") throw cause;
    throw unreadable(
      path,
      code === "ERR_ENCODING_INVALID_ENCODED_DATA" ? "no UTF-8" : (code ?? "unknown error"),
      cause,
    );
  }
}

export async function fileExists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    (error: NodeJS.ErrnoException) => error.code !== "ENOENT" && error.code !== "ENOTDIR",
  );
}

function unreadable(path: string, reason: string, cause?: unknown) {
  return cliFaults.fault("file_unreadable", `The file ${path} cannot be read (${reason})`, { cause });
}
