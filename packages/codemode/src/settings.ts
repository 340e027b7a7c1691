/** What an installation may set. Milliseconds. */
export interface CodemodeSettings {
  /** How long a run waits for people before it is given up. */
  readonly waitMs: number;
  /** How long what a run returned can be read. */
  readonly resultMs: number;
  /** How long an ended run is listed. */
  readonly keptMs: number;
  /** Runs of one caller that may wait. */
  readonly maxPaused: number;
  /** How long whoever waits for a decision has to go on with a run before it goes on by itself. */
  readonly goOnAfterMs: number;
  /** How long it is let be after it could not be gone on with. */
  readonly againAfterMs: number;
  /** How often it is looked for what nobody was told of. */
  readonly sweepEveryMs: number;
}

const hourMs = 60 * 60_000;

export const defaultCodemodeSettings: CodemodeSettings = Object.freeze({
  waitMs: 24 * hourMs,
  resultMs: hourMs,
  keptMs: 7 * 24 * hourMs,
  maxPaused: 20,
  goOnAfterMs: 2_000,
  againAfterMs: 60_000,
  sweepEveryMs: 5_000,
});
