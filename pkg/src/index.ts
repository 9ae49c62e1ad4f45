export { EverbusError } from "./errors.js";
export type { EverbusErrorCode } from "./errors.js";
export { entity, link } from "./event.js";
export { deleteBus, openBus } from "./open.js";
export type { EnvelopeFor } from "./typed.js";
export type {
  Bus,
  BusOptions,
  ConsumerInfo,
  ConsumerOptions,
  EntityEvent,
  EventEnvelope,
  EventLog,
  Filter,
  FollowOptions,
  FrameworkEvent,
  Json,
  LinkEvent,
  Logged,
  LogStats,
  OneOrMany,
  PublishOptions,
  Receipt,
  Schema,
  SeekPosition,
  SeqNo,
  SubscribeOptions,
  Uuid,
} from "./types.js";
