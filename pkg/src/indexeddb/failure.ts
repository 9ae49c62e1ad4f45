import { type EverbusError, everbusError } from "../api/errors.js";

/** What a failure of IndexedDB means; `doing` completes "… failed". An exception may be of another realm: it is known by its name. */
export function meaningOf(doing: string, thrown: unknown): EverbusError {
  switch (nameOf(thrown)) {
    case "QuotaExceededError":
      return everbusError("quota_exceeded", "the storage is full: trim the log or free some space, then publish again", thrown);
    case "VersionError":
      return everbusError("unsupported", "the log was written by a newer version of everbus: update everbus");
    case "NotFoundError":
      return everbusError("corrupt", NOT_A_LOG);
    default:
      return everbusError("storage", `${doing} failed`, thrown ?? undefined);
  }
}

export const NOT_A_LOG = "the database isn't a log of everbus: delete the log to start anew";

export function nameOf(thrown: unknown): unknown {
  return (thrown as Partial<Error> | null | undefined)?.name;
}
