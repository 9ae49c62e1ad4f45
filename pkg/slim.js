// `everbus/slim` for resolvers that don't read a package's exports, as Parcel's doesn't unless told.
export * from "./dist/slim.js";
