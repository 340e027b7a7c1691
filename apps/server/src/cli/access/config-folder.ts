import { join } from "node:path";
import type { Terminal } from "../terminal.ts";

/** A file of the user's own configuration (XDG Base Directory Specification). */
export function configPath({ env, home }: Pick<Terminal, "env" | "home">, name: string): string {
  return join(env["XDG_CONFIG_HOME"] || join(home, ".config"), "castellan", name);
}
