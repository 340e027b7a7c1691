import { defineFaults } from "@castellan/kernel";

/** Failures of the command line itself; what the server answers keeps its own code. */
export const cliFaults = defineFaults({
  usage_invalid: {
    owner: "caller",
    status: 400,
    help: "The command, an argument or an option is not one that there is. `castellan --help` lists them.",
  },
  not_confirmed: {
    owner: "caller",
    status: 400,
    help: "The command removes something and nobody said yes. Without a terminal, `--yes` says it.",
  },
  secret_unreadable: {
    owner: "caller",
    status: 400,
    help: "The variable, file or standard input that should hold a secret is empty or cannot be read.",
  },
  file_unreadable: {
    owner: "caller",
    status: 400,
    help: "A file that the command names cannot be read or written, is longer than it may be, or is no JSON where JSON is wanted.",
  },
  document_unavailable: {
    owner: "upstream",
    status: 502,
    help: "The server.json could not be fetched: no answer, not HTTP 200, too long, or no JSON.",
  },
  access_unknown: {
    owner: "caller",
    status: 400,
    help: "The command line does not know which server to talk to, or has no token for it. Start one here with `castellan up`, or sign in to one with `castellan login --url URL`, or set CASTELLAN_URL and CASTELLAN_TOKEN.",
  },
  login_over: {
    owner: "caller",
    status: 401,
    help: "Whoever was signed in with the command line is no more: the time is over, or it was ended at the server. `castellan login` signs in again.",
  },
  login_refused: {
    owner: "caller",
    status: 403,
    help: "Signing in with the browser did not succeed: the command line was not let in, nobody came back in time, or the server refused; the message says which.",
  },
  access_file_unsafe: {
    owner: "caller",
    status: 400,
    help: "A file that holds a token can be read by others, or belongs to another user, so it is not used: `chmod 600` it.",
  },
  access_file_invalid: {
    owner: "caller",
    status: 400,
    help: 'A file with URL and token, or with who is signed in, cannot be read or written, or is not as it should be. URL and token are JSON like {"url": "https://…", "token": "cst_…"}.',
  },
  server_unreachable: {
    owner: "system",
    status: 503,
    retryable: true,
    help: "No answer came from the server's URL. Is it running, and is the URL right?",
  },
  // Told by `bin/castellan.js`, which runs where nothing of this can be loaded.
  node_too_old: {
    owner: "caller",
    status: 400,
    help: "The Node that runs the command is older than 24 and no other was found. `npm ci` in the project's folder installs one.",
  },
  server_answer_invalid: {
    owner: "system",
    status: 502,
    help: "What answers at the URL is not Castellan, or something in front of it answers in its place.",
  },
});
