/** `castellan config schema` */
import { toJson } from "../../output/json.ts";
import type { Session } from "../../session.ts";

/** It is JSON for people, too. */
export async function showSchema({ api, terminal }: Session): Promise<void> {
  terminal.print(toJson(await api.getConfigurationSchema(), 2));
}
