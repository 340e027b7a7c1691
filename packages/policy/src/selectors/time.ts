/** Hours of the week, by the clock on the wall of a place: summer time comes and goes as it does there. */
import { days, type TimeWindow } from "../rules/selector.ts";
import type { SelectorDefinition } from "./definition.ts";
import { fitOf } from "./fit.ts";
import { isZone, wallClock } from "./wall-clock.ts";

export const time: SelectorDefinition<TimeWindow> = {
  problem({ days: on, from, to, zone }) {
    const begin = minutesOf(from);
    const end = minutesOf(to);
    if (begin === undefined || begin === dayMinutes) return "`from` must be HH:MM, 00:00 to 23:59";
    if (end === undefined) return "`to` must be HH:MM, 00:00 to 24:00";
    if (begin === end) return "`from` and `to` are the same, so that the window has no length";
    if (on?.length === 0) return "`days` must name a day, or be left out for every day";
    return isZone(zone) ? undefined : "`zone` must be a time zone, such as Europe/Berlin";
  },
  matcher(window) {
    const problem = time.problem(window);
    if (problem !== undefined) throw new Error(problem);
    const { days: on, from, to, zone } = window;
    const begin = minutesOf(from) ?? 0;
    const end = minutesOf(to) ?? 0;
    const begins = days.map((day) => on === undefined || on.includes(day));
    return {
      time: "what",
      needsCall: false,
      match({ nowMs }) {
        const { day, minute } = wallClock(zone, nowMs);
        if (begin < end) return fitOf(begins[day] === true && begin <= minute && minute < end);
        if (minute >= begin) return fitOf(begins[day] === true);
        return fitOf(minute < end && begins[(day + 6) % 7] === true);
      },
    };
  },
  words: ({ days: on, from, to, zone }) =>
    `the time in ${zone} is ${from} to ${to}${on === undefined ? "" : `, beginning on ${on.join(", ")}`}`,
};

const dayMinutes = 24 * 60;

function minutesOf(text: string): number | undefined {
  const [, hours, minutes] = /^(\d\d):([0-5]\d)$/.exec(text) ?? [];
  const total = Number(hours) * 60 + Number(minutes);
  return total <= dayMinutes ? total : undefined;
}
