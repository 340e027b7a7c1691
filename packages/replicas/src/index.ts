export { createReplicas, type LetterListener, type Replicas, type ReplicasOptions } from "./replicas.ts";
export {
  createRemoteStreams,
  type RemoteStreams,
  type RemoteStreamsOptions,
} from "./streams/remote-streams.ts";
export type { AskOptions, QuestionHandler, RemoteAsk } from "./streams/question.ts";
export { replicaFaults } from "./faults.ts";
export { replicaMigrations } from "./migrations.ts";
export { replicaSealedColumns } from "./mail/letter.ts";
