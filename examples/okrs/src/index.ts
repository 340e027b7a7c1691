export { type ServeOptions, type Service, serve } from "./http.ts";
export { createOkrServer } from "./server.ts";
export { type Change, type ObjectiveFilter, type ObjectiveStore, openStore } from "./store.ts";
