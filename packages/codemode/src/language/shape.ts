/**
 * Makes one ES module of whatever shape code comes in: statements (the last one an expression, perhaps), an expression, a function, an object,
 * `export default`, a function named `main`. Its default export is a function; what that returns is the result, or a function that is to be
 * called for it. Nothing moves to another line, so that a line of the module is that line of the code.
 */
import { parse, type Node, type Program, type Statement, type ModuleDeclaration } from "acorn";
import { CodeProblemError, lineOf, problemAt, problemAtLine } from "./problem.ts";

/** Throws `CodeProblemError`; `RangeError` where the code is nested deeper than there is stack. */
export function shapeModule(code: string): string {
  if (/^\s*\{/.test(code)) {
    const asObject = objectModule(code);
    if (asObject !== undefined) return asObject;
  }
  const source = code.startsWith("#!") ? `//${code.slice(2)}` : code;
  const program = parsed(source);
  assertSound(program, source);
  const text = wrapped(source, program);
  // Once more, as it will be loaded: in a function some things are wrong that are right outside of one.
  parsed(text, source);
  return text;
}

const head = "export default async () => {";
/** As long, so that columns are told alike. */
const objectHead = "export default async () => (";
type Piece = Statement | ModuleDeclaration;

interface Change {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** `{ a: 1 }` is an object, although a statement may begin with a brace as well. */
function objectModule(code: string): string | undefined {
  const end = /[\s;]*$/.exec(code)?.index ?? code.length;
  const text = `${objectHead}${code.slice(0, end)}\n)`;
  let program: Program;
  try {
    program = parse(text, options);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
  assertSound(program, code, text);
  return text;
}

const options = {
  ecmaVersion: "latest",
  sourceType: "module",
  allowReturnOutsideFunction: true,
} as const;

/** Throws `CodeProblemError` with the place in `code`: lines are the same in both, columns but for what stands before the first line. */
function parsed(text: string, code = text): Program {
  try {
    return parse(text, options);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    const { line, column } = (error as SyntaxError & { loc: { line: number; column: number } }).loc;
    const shift = text !== code && line === 1 ? head.length : 0;
    const length = lineOf(code, line).length;
    const message = `${error.message.replace(/ \(\d+:\d+\)$/, "")}.`;
    const at = Math.min(Math.max(0, column - shift), length) + 1;
    throw new CodeProblemError(problemAtLine(code, line, at, message));
  }
}

/** There is nothing to import: what a run may reach, it has. And what reads as a template of a template is a fence. */
function assertSound(program: Program, code: string, text = code): void {
  const shift = text === code ? 0 : head.length;
  const waiting: unknown[] = [...program.body];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    if (isNode(next) && next.source)
      throw new CodeProblemError(problemAt(code, next.start - shift, noImports));
    if (isNode(next) && isNode(next.tag) && next.tag.type === "TemplateLiteral")
      throw new CodeProblemError(problemAt(code, next.start - shift, noFence));
    for (const value of Object.values(next as object))
      if (typeof value === "object" && value !== null) waiting.push(value);
  }
}

const noImports =
  "There is nothing to import: tools are called as `codemode.<name>(args)`, and JavaScript's own objects are there.";

const noFence = "There is a Markdown fence in the code.";

/** `source`: of static and dynamic imports, and of exports of another module; `tag`: of a template. */
function isNode(value: unknown): value is Node & { source?: unknown; tag?: unknown } {
  return typeof value === "object" && value !== null && "type" in value && "start" in value;
}

/** The module: the code in an async function that returns what the code is about. */
function wrapped(code: string, program: Program): string {
  const changes: Change[] = [];
  const pieces: Piece[] = [];
  let result: string | undefined;
  for (const piece of program.body) {
    const exported = withoutExport(piece, code, changes);
    result ??= exported.name;
    if (exported.piece) pieces.push(exported.piece);
  }
  result ??= resultOf(pieces, changes);
  const last = result === undefined ? "" : `;return ${result}`;
  return `${head}${changed(code, changes)}\n${last}}`;
}

/**
 * What the code is about when nothing is exported: its last expression, or its `main`, or the last of functions where there is nothing else;
 * or what it declares last, where a `return` was forgotten.
 */
function resultOf(pieces: readonly Piece[], changes: Change[]): string | undefined {
  const done = pieces.filter(({ type }) => type !== "FunctionDeclaration" && type !== "EmptyStatement");
  const last = done.at(-1);
  if (last?.type === "ExpressionStatement") {
    changes.push({ start: last.start, end: last.start, text: "return " });
    return undefined;
  }
  const valueOfLast = last && namesIn(last, (init) => !isFunction(init)).at(-1);
  if (!done.every(({ type }) => type === "VariableDeclaration" || type === "ClassDeclaration"))
    return valueOfLast;
  const functions = pieces.flatMap((piece) => (piece.type === "FunctionDeclaration" ? [piece.id.name] : []));
  const assigned = done.flatMap((piece) => namesIn(piece, isFunction));
  if ([...functions, ...assigned].includes("main")) return "main";
  return done.length === assigned.length ? [...assigned, ...functions].at(-1) : valueOfLast;
}

/** Of variables that are given such a value. */
function namesIn(piece: Piece, isSuch: (init: Node) => boolean): readonly string[] {
  if (piece.type !== "VariableDeclaration") return [];
  return piece.declarations.flatMap(({ id, init }) =>
    id.type === "Identifier" && init && isSuch(init) ? [id.name] : [],
  );
}

function isFunction({ type }: Node): boolean {
  return type === "ArrowFunctionExpression" || type === "FunctionExpression";
}

interface WithoutExport {
  /** What is left to run. */
  readonly piece?: Piece;
  /** Of the default export. */
  readonly name?: string;
}

/** Takes `export` away: in a function nothing is exported. */
function withoutExport(piece: Piece, code: string, changes: Change[]): WithoutExport {
  if (piece.type === "ExportDefaultDeclaration") {
    const { declaration } = piece;
    const named = "id" in declaration && declaration.id && declaration.type.endsWith("Declaration");
    const keywords = /^export\s+default(?![\w$])/.exec(code.slice(piece.start, declaration.start));
    if (!keywords)
      throw new CodeProblemError(problemAt(code, piece.start, "`export default` is not understood."));
    const end = piece.start + keywords[0].length;
    const breaks = keywords[0].replaceAll(/[^\n\r\u2028\u2029]/g, "");
    if (named) {
      changes.push({ start: piece.start, end, text: breaks });
      return { piece: declaration as Piece, name: declaration.id?.name ?? "" };
    }
    changes.push({ start: piece.start, end, text: `const ${defaultName} =${breaks}` });
    if (code[piece.end - 1] !== ";") changes.push({ start: piece.end, end: piece.end, text: ";" });
    return { name: defaultName };
  }
  if (piece.type !== "ExportNamedDeclaration") return { piece: piece as Piece };
  if (piece.declaration) {
    changes.push({ start: piece.start, end: piece.start + "export".length, text: "" });
    return { piece: piece.declaration };
  }
  const breaks = code.slice(piece.start, piece.end).replaceAll(/[^\n\r\u2028\u2029]/g, "");
  changes.push({ start: piece.start, end: piece.end, text: `;${breaks}` });
  const main = piece.specifiers.find(({ exported }) => "name" in exported && exported.name === "default");
  return main && "name" in main.local ? { name: main.local.name } : {};
}

/** Code that has one of this name itself does not parse, which it is told. */
const defaultName = "defaultExport_";

function changed(code: string, changes: readonly Change[]): string {
  let text = "";
  let at = 0;
  for (const change of changes.toSorted((a, b) => a.start - b.start)) {
    text += code.slice(at, change.start) + change.text;
    at = change.end;
  }
  return text + code.slice(at);
}
