import { settings } from "../../apps/server/src/config/settings.ts";
import { code, table } from "./markdown.ts";

export function settingsTable(): string {
  return table(
    ["variable", "meaning", "default"],
    Object.values(settings).map((setting) => [
      code(setting.variable),
      `${setting.help}${"isSecret" in setting ? " Secret." : ""}`,
      isLiteral(setting.fallback) ? code(setting.fallback) : setting.fallback,
    ]),
  );
}

/** A default that could be written down as it stands, rather than a sentence about it. */
function isLiteral(fallback: string): boolean {
  return !fallback.includes(" ") && fallback !== "none";
}
