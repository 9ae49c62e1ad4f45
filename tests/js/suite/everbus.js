// The package under test, by its file: a worker has no import map to find it by name.
export * from "../../../pkg/dist/index.js";
