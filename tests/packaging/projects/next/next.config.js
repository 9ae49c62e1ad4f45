// Where the packages are that the project may import: the folder that the tests start Next in. Nothing is for everbus.
const root = process.cwd();

export default { outputFileTracingRoot: root, turbopack: { root } };
