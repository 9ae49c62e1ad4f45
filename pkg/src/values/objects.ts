import type { Json } from "../api/event.js";

/** Whether `value` is an object like `{}`: an instance of a class would be stored as something else than it is. */
export function isPlainObject(value: unknown): value is { [key: string]: Json } {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  // Another realm's Object.prototype isn't ours, but has no prototype either.
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

/** As `instanceof`, also for an object of another realm: an iframe's, or of the window that a test environment makes. */
export function isA<T>(tag: string, value: unknown): value is T {
  return Object.prototype.toString.call(value) === `[object ${tag}]`;
}

/** Whether `value` may be options or a filter: a Map, a Promise or a signal in their place has no fields, so would say nothing. */
export function hasFields(value: unknown): value is object {
  if (isPlainObject(value)) return true;
  return typeof value === "object" && value !== null && !Array.isArray(value) && Object.keys(value).length > 0;
}

/**
 * Has Vue leave a class's instances alone, also within what it makes reactive, as Pinia does with a whole store: through a
 * proxy nobody reaches their private fields.
 */
export function leaveUnproxied(prototype: object): void {
  Object.defineProperty(prototype, "__v_skip", { value: true });
}

/** The own fields of an object and no others, whatever somebody has given to every object. */
export function ownFields<T extends object>(value: T): T {
  return Object.assign(Object.create(null) as T, value);
}

/** Whether an object has a field only because somebody has given it to every object. */
export function isEverybodys(object: object, field: string): boolean {
  return field in Object.prototype && !Object.hasOwn(object, field);
}
