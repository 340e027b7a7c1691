/**
 * Where invoices are kept: in memory, and in one JSON file when a path is given.
 *
 * Changes run one after the other. A change is acknowledged when the file is on disk (written beside,
 * flushed, renamed over), and memory shows it only then, so no reader sees what a crash could undo.
 * One process owns a file.
 */
import { open, readFile, rename } from "node:fs/promises";
import { dirname } from "node:path";
import { z } from "zod";
import { type Invoice, Refusal, invoiceSchema, isOverdue } from "./invoice.ts";

const fileSchema = z.strictObject({ nextNumber: z.int().positive(), invoices: z.array(invoiceSchema) });

type State = z.infer<typeof fileSchema>;

export interface InvoiceFilter {
  readonly status?: Invoice["status"] | undefined;
  /** Part of the customer's name or e-mail address, in any case. */
  readonly customer?: string | undefined;
  readonly overdueAt?: Date | undefined;
}

export interface InvoiceStore {
  /** Throws a `Refusal` when there is no such invoice. */
  get(id: string): Invoice;
  find(id: string): Invoice | undefined;
  /** Newest first. */
  list(filter?: InvoiceFilter): readonly Invoice[];
  /** Adds the invoice that `make` gives for the next free id. */
  add(make: (id: string) => Invoice): Promise<Invoice>;
  /** Replaces an invoice by what `transition` makes of it; a transition that throws changes nothing. */
  change(id: string, transition: (invoice: Invoice) => Invoice): Promise<Invoice>;
  /** Calls the listener with the id of each invoice that was added or changed. */
  onChange(listener: (id: string, kind: "added" | "changed") => void): void;
}

/** Opens the file, or an empty store in memory. Throws an `Error` that names the file when it is not one of ours. */
export async function openStore(path?: string): Promise<InvoiceStore> {
  let state: State = path === undefined ? emptyState() : await readState(path);
  let queue: Promise<unknown> = Promise.resolve();
  const listeners: ((id: string, kind: "added" | "changed") => void)[] = [];

  const commit = <T>(run: () => Promise<T>): Promise<T> => {
    const done = queue.then(run);
    queue = done.catch(() => undefined);
    return done;
  };
  const save = async (next: State) => {
    if (path !== undefined) await writeAtomically(path, `${JSON.stringify(next, null, 2)}\n`);
    state = next;
  };
  const find = (id: string) => state.invoices.find((invoice) => invoice.id === id);
  const get = (id: string) => {
    const invoice = find(id);
    if (invoice === undefined)
      throw new Refusal(`There is no invoice ${id}. Use list_invoices to find the id.`);
    return invoice;
  };

  return {
    get,
    find,
    list: (filter = {}) => state.invoices.filter((invoice) => matches(invoice, filter)).toReversed(),
    add: (make) =>
      commit(async () => {
        const invoice = make(`inv_${state.nextNumber}`);
        await save({ nextNumber: state.nextNumber + 1, invoices: [...state.invoices, invoice] });
        for (const listener of listeners) listener(invoice.id, "added");
        return invoice;
      }),
    change: (id, transition) =>
      commit(async () => {
        const before = get(id);
        const after = transition(before);
        if (after === before) return before;
        const invoices = state.invoices.map((invoice) => (invoice.id === id ? after : invoice));
        await save({ ...state, invoices });
        for (const listener of listeners) listener(id, "changed");
        return after;
      }),
    onChange: (listener) => {
      listeners.push(listener);
    },
  };
}

function emptyState(): State {
  return { nextNumber: 1001, invoices: [] };
}

function matches(invoice: Invoice, { status, customer, overdueAt }: InvoiceFilter): boolean {
  if (status !== undefined && invoice.status !== status) return false;
  if (overdueAt !== undefined && !isOverdue(invoice, overdueAt)) return false;
  if (customer === undefined) return true;
  const { name, email } = invoice.customer;
  return `${name}\n${email}`.toLowerCase().includes(customer.toLowerCase());
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
    throw new Error(`${path} is not a file of invoices: ${reason}`, { cause: error });
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
