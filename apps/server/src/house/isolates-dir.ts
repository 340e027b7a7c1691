/** The folder of the isolates' sockets: short, since a socket's path has at most 107 bytes wherever the data folder is. */
import { chmod, lstat, mkdir, mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** The same at each start, so that what a process left behind that was killed is found; a new one where that name is somebody else's. */
export async function isolatesDir(): Promise<string> {
  const uid = process.getuid?.() ?? 0;
  const dir = join(tmpdir(), `castellan-isolates-${uid}`);
  try {
    await mkdir(dir, { mode: 0o711 });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  }
  const found = await lstat(dir);
  const isOurs = found.isDirectory() && (process.getuid === undefined || found.uid === uid);
  if (isOurs) return dir;
  const own = await mkdtemp(join(tmpdir(), "castellan-isolates-"));
  // The processes, which are somebody else's, pass through it.
  await chmod(own, 0o711);
  return own;
}
