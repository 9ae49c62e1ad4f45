export { EverbusError } from "./errors.js";
export type { EverbusErrorCode } from "./errors.js";
export { entity, link } from "./event.js";
export { deleteBus, openBus } from "./open.js";
export type { EnvelopeFor, FilterFor } from "./typed.js";
export type {
  Bus,
  BusOptions,
  ConsumerInfo,
  ConsumerOptions,
  Delivery,
  EntityEvent,
  EventEnvelope,
  EventLog,
  EventOf,
  Filter,
  FollowOptions,
  FrameworkEvent,
  Json,
  LinkEvent,
  Logged,
  LogStats,
  OneOrMany,
  PublishOptions,
  ReadonlyJson,
  Receipt,
  Schema,
  SeekPosition,
  SeqNo,
  SubscribeOptions,
  Uuid,
} from "./types.js";
