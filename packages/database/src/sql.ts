/**
 * SQL as readable text: sql`select * from tokens where id = ${id}`.
 *
 * A value becomes a parameter ($1, $2, …), never text. A statement made by `sql` may stand in
 * the place of a value: it is spliced in, and its parameters are renumbered. Only what `sql`
 * made is spliced; an object that looks like a statement (say, from a request body) stays a value.
 */

/** One statement with its parameters, as the driver takes it. */
export interface SqlStatement {
  /** The text with `$1`, `$2`, … in the place of the values. */
  readonly text: string;
  /** Arrays become PostgreSQL arrays, other objects JSON; for a JSON array pass `JSON.stringify(value)`. */
  readonly values: readonly unknown[];
  /** Present on a prepared statement: parsed and planned once per connection. */
  readonly name?: string;
}

/** Builds a statement. Throws a `TypeError` for an `undefined` value: say `null` where null is meant. */
export function sql(strings: TemplateStringsArray, ...values: readonly unknown[]): SqlStatement {
  const chunks = [strings[0] as string];
  const parameters: unknown[] = [];
  for (const [index, value] of values.entries()) {
    const after = strings[index + 1] as string;
    if (value instanceof Statement) {
      append(chunks, value.chunks);
      parameters.push(...value.values);
      append(chunks, [after]);
    } else {
      if (value === undefined) throw new TypeError(`sql: value ${index + 1} is undefined`);
      parameters.push(value);
      chunks.push(after);
    }
  }
  return new Statement(chunks, parameters);
}

/**
 * Gives a statement a name, so that the server parses it once per connection. For statements on the
 * hot path, made of one fixed text: PostgreSQL refuses one name with two texts.
 */
export function prepared(name: string, statement: SqlStatement): SqlStatement {
  return { text: statement.text, values: statement.values, name };
}

/** What `sql` makes. `chunks`: the text between the parameters, always one more than there are values. */
class Statement implements SqlStatement {
  readonly chunks: readonly string[];
  readonly text: string;
  readonly values: readonly unknown[];

  constructor(chunks: readonly string[], values: readonly unknown[]) {
    this.chunks = chunks;
    this.text = chunks.reduce((text, chunk, index) => `${text}$${index}${chunk}`);
    this.values = values;
  }
}

/** Joins two lists of chunks: the last of one and the first of the other have no parameter between them. */
function append(chunks: string[], more: readonly string[]): void {
  chunks[chunks.length - 1] += more[0] as string;
  chunks.push(...more.slice(1));
}
