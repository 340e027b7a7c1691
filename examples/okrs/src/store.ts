/**
 * Where objectives are kept: in memory, and in one JSON file when a path is given.
 *
 * Changes run one after the other. A change is acknowledged when the file is on disk (written beside,
 * flushed, renamed over), and memory shows it only then, so no reader sees what a crash could undo.
 * One process owns a file.
 */
import { open, readFile, rename } from "node:fs/promises";
import { dirname } from "node:path";
import { z } from "zod";
import { type Objective, Refusal, objectiveSchema } from "./objective.ts";

const fileSchema = z.strictObject({ nextNumber: z.int().positive(), objectives: z.array(objectiveSchema) });

type State = z.infer<typeof fileSchema>;

export interface ObjectiveFilter {
  readonly quarter?: string | undefined;
  /** The whole name, in any case. */
  readonly owner?: string | undefined;
  readonly status?: Objective["status"] | undefined;
}

/** An objective was added, changed or removed. */
export type Change = { readonly objective: Objective; readonly kind: "added" | "changed" | "removed" };

export interface ObjectiveStore {
  /** Throws a `Refusal` when there is no such objective. */
  get(id: string): Objective;
  find(id: string): Objective | undefined;
  /** In the order in which they were created. */
  list(filter?: ObjectiveFilter): readonly Objective[];
  /** Adds the objective that `make` gives for the next free id. */
  add(make: (id: string) => Objective): Promise<Objective>;
  /** Replaces an objective by what `edit` makes of it; an edit that throws changes nothing. */
  change(id: string, edit: (objective: Objective) => Objective): Promise<Objective>;
  /** Removes an objective unless `check` throws. */
  remove(id: string, check: (objective: Objective) => void): Promise<Objective>;
  onChange(listener: (change: Change) => void): void;
}

/** Opens the file, or an empty store in memory. Throws an `Error` that names the file when it is not one of ours. */
export async function openStore(path?: string): Promise<ObjectiveStore> {
  let state: State = path === undefined ? emptyState() : await readState(path);
  let queue: Promise<unknown> = Promise.resolve();
  const listeners: ((change: Change) => void)[] = [];

  const commit = (decide: () => { next: State; change: Change } | { unchanged: Objective }) => {
    const done = queue.then(async () => {
      const decision = decide();
      if ("unchanged" in decision) return decision.unchanged;
      if (path !== undefined) await writeAtomically(path, `${JSON.stringify(decision.next, null, 2)}\n`);
      state = decision.next;
      for (const listener of listeners) listener(decision.change);
      return decision.change.objective;
    });
    queue = done.catch(() => undefined);
    return done;
  };
  const find = (id: string) => state.objectives.find((objective) => objective.id === id);
  const get = (id: string) => {
    const objective = find(id);
    if (objective === undefined)
      throw new Refusal(`There is no objective ${id}. Use list_objectives to find the id.`);
    return objective;
  };

  return {
    get,
    find,
    list: (filter = {}) => state.objectives.filter((objective) => matches(objective, filter)),
    add: (make) =>
      commit(() => {
        const objective = make(`obj_${state.nextNumber}`);
        const objectives = [...state.objectives, objective];
        return {
          next: { nextNumber: state.nextNumber + 1, objectives },
          change: { objective, kind: "added" },
        };
      }),
    change: (id, edit) =>
      commit(() => {
        const before = get(id);
        const objective = edit(before);
        if (objective === before) return { unchanged: before };
        const objectives = state.objectives.map((other) => (other.id === id ? objective : other));
        return { next: { ...state, objectives }, change: { objective, kind: "changed" } };
      }),
    remove: (id, check) =>
      commit(() => {
        const objective = get(id);
        check(objective);
        const objectives = state.objectives.filter((other) => other.id !== id);
        return { next: { ...state, objectives }, change: { objective, kind: "removed" } };
      }),
    onChange: (listener) => {
      listeners.push(listener);
    },
  };
}

function emptyState(): State {
  return { nextNumber: 1, objectives: [] };
}

function matches(objective: Objective, { quarter, owner, status }: ObjectiveFilter): boolean {
  return (
    (quarter === undefined || objective.quarter === quarter) &&
    (owner === undefined || objective.owner.toLowerCase() === owner.trim().toLowerCase()) &&
    (status === undefined || objective.status === status)
  );
}

async function readState(path: string): Promise<State> {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return emptyState();
    throw error;
  }
  try {
    return fileSchema.parse(JSON.parse(text));
  } catch (error) {
    const reason = error instanceof z.ZodError ? z.prettifyError(error) : String(error);
    throw new Error(`${path} is not a file of objectives: ${reason}`, { cause: error });
  }
}

async function writeAtomically(path: string, text: string): Promise<void> {
  const draft = `${path}.next`;
  {
    await using file = await open(draft, "w", 0o600);
    await file.writeFile(text);
    await file.sync();
  }
  await rename(draft, path);
  // The rename itself is durable only once the folder is flushed.
  await using folder = await open(dirname(path), "r");
  await folder.sync();
}
