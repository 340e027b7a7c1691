/** The hours that a window of time covers, by the clock of its place, whatever that does in spring and autumn. */
import { days, type TimeWindow } from "../rules/selector.ts";

/** Minutes since Monday 00:00; `end` is not part of it. */
interface Span {
  readonly begin: number;
  readonly end: number;
}

const dayMinutes = 24 * 60;
const weekMinutes = 7 * dayMinutes;

/** In their order, apart from each other. Of a window that is well written. */
function spansOf(window: TimeWindow): readonly Span[] {
  const spans = known.get(window) ?? makeSpans(window);
  known.set(window, spans);
  return spans;
}

/** Each window of a rule is held against each other one. */
const known = new WeakMap<TimeWindow, readonly Span[]>();

function makeSpans({ days: on = days, from, to }: TimeWindow): readonly Span[] {
  const [begin, end] = [minutesOf(from), minutesOf(to)];
  const length = begin < end ? end - begin : dayMinutes - begin + end;
  const spans = on.flatMap((day) => {
    const start = days.indexOf(day) * dayMinutes + begin;
    const over = Math.max(start + length - weekMinutes, 0);
    const inWeek = { begin: start, end: start + length - over };
    return over > 0 ? [inWeek, { begin: 0, end: over }] : [inWeek];
  });
  return joined(spans.toSorted((a, b) => a.begin - b.begin));
}

/** Whether it is always that time. */
export function isWholeWeek(window: TimeWindow): boolean {
  const [first] = spansOf(window);
  return first?.begin === 0 && first.end === weekMinutes;
}

/** Whether it is never both at once; told of windows of one zone alone. */
export function areApart(one: TimeWindow, other: TimeWindow): boolean {
  if (one.zone !== other.zone) return false;
  const others = spansOf(other);
  return spansOf(one).every((span) =>
    others.every(({ begin, end }) => span.end <= begin || end <= span.begin),
  );
}

/** Whether it is the one whenever it is the other; told of windows of one zone alone. */
export function includesWindow(wide: TimeWindow, narrow: TimeWindow): boolean {
  if (wide.zone !== narrow.zone) return isWholeWeek(wide);
  const wider = spansOf(wide);
  return spansOf(narrow).every((span) =>
    wider.some(({ begin, end }) => begin <= span.begin && span.end <= end),
  );
}

function joined(spans: readonly Span[]): readonly Span[] {
  const all: Span[] = [];
  for (const { begin, end } of spans) {
    const last = all.at(-1);
    if (last && begin <= last.end) all[all.length - 1] = { begin: last.begin, end: Math.max(last.end, end) };
    else all.push({ begin, end });
  }
  return all;
}

function minutesOf(text: string): number {
  const [hours = 0, minutes = 0] = text.split(":").map(Number);
  return hours * 60 + minutes;
}
