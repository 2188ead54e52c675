// An esbuild plugin that leaves out what winston and its rotating transport load but the daemon's log never reaches.
//
// Together these cost the daemon more memory than all of its own code: dates in file names, hashes of options, compressed
// backups, colours, and a copy of the streams that Node has. What must never be called throws when it is.

const UNREACHED = 'const unreached = () => { throw new Error("left out of this build"); }; module.exports = unreached;';

const REPLACEMENTS = new Map([
  ["moment", UNREACHED],
  ["object-hash", UNREACHED],
  ["logform/json", UNREACHED],
  ["logform", "module.exports = { levels: (levels) => levels };"],
  ["@dabh/diagnostics", "module.exports = () => () => {};"],
  ["readable-stream", 'module.exports = require("node:stream");'],
  ["readable-stream/lib/_stream_writable.js", 'module.exports = require("node:stream").Writable;'],
]);

const NAMESPACE = "lean-logging";

export const leanLogging = {
  name: NAMESPACE,
  setup(build) {
    build.onResolve({ filter: /^[@a-z]/ }, ({ path, importer }) => {
      if (REPLACEMENTS.has(path)) return { path, namespace: NAMESPACE };
      // The transport compresses backups when asked to; nobody asks.
      const isUnusedZlib = path === "zlib" && importer.includes("winston-daily-rotate-file");
      return isUnusedZlib ? { path: "moment", namespace: NAMESPACE } : undefined;
    });
    build.onLoad({ filter: /.*/, namespace: NAMESPACE }, ({ path }) => ({
      contents: REPLACEMENTS.get(path),
      loader: "js",
      resolveDir: process.cwd(),
    }));
  },
};
