// The package's types accept what the contract's accept: each line fails to compile otherwise.
import type * as contract from "./contract.js";
import type * as everbus from "everbus";

declare const real: typeof everbus;
export const module: typeof contract = real;

// What a program is given may only be narrower than the contract says.
declare const bus: everbus.Bus;
declare const log: everbus.EventLog;
declare const receipt: everbus.Receipt;
declare const envelope: everbus.EventEnvelope;
declare const info: everbus.ConsumerInfo;
declare const error: everbus.EverbusError;
export const givenBus: contract.Bus = bus;
export const givenLog: contract.EventLog = log;
export const givenReceipt: contract.Receipt = receipt;
export const givenEnvelope: contract.EventEnvelope = envelope;
export const givenInfo: contract.ConsumerInfo = info;
export const givenError: contract.EverbusError = error;
declare const code: everbus.EverbusErrorCode;
export const givenCode: contract.EverbusErrorCode = code;

// What a program passes may only be wider.
declare const options: contract.BusOptions;
declare const event: contract.FrameworkEvent;
declare const filter: contract.Filter;
declare const position: contract.SeekPosition;
declare const publishOptions: contract.PublishOptions;
declare const subscribeOptions: contract.SubscribeOptions;
declare const followOptions: contract.FollowOptions;
declare const consumerOptions: contract.ConsumerOptions;
declare const foreign: contract.EventEnvelope;
declare const json: contract.Json;
declare const schema: contract.Schema;
export const passedOptions: everbus.BusOptions = options;
export const passedEvent: everbus.FrameworkEvent = event;
export const passedFilter: everbus.Filter = filter;
export const passedPosition: everbus.SeekPosition = position;
export const passedPublishOptions: everbus.PublishOptions = publishOptions;
export const passedSubscribeOptions: everbus.SubscribeOptions = subscribeOptions;
export const passedFollowOptions: everbus.FollowOptions = followOptions;
export const passedConsumerOptions: everbus.ConsumerOptions = consumerOptions;
export const passedEnvelope: everbus.EventEnvelope = foreign;
export const passedJson: everbus.Json = json;
export const passedSchema: everbus.Schema = schema;

// Types of the same meaning, in both directions.
declare const entityEvent: everbus.EntityEvent<{ a: number }>;
declare const linkEvent: everbus.LinkEvent<string>;
export const sameEntity: contract.EntityEvent<{ a: number }> = entityEvent;
export const sameLink: contract.LinkEvent<string> = linkEvent;
export const sameEntityBack: everbus.EntityEvent<{ a: number }> = sameEntity;
export const sameLinkBack: everbus.LinkEvent<string> = sameLink;
export type Names = [contract.Uuid, contract.SeqNo, contract.OneOrMany<string>];
export type SameNames = [everbus.Uuid, everbus.SeqNo, everbus.OneOrMany<string>];
declare const names: SameNames;
export const sameNames: Names = names;
