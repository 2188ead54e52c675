// Types of the two inner modules that the daemon's log imports, without the rest of winston (see log.ts).

declare module "winston/lib/winston/create-logger.js" {
  import type { Logger, LoggerOptions } from "winston";

  function createLogger(options?: LoggerOptions): Logger;
  export = createLogger;
}

declare module "winston-daily-rotate-file/daily-rotate-file.js" {
  import type { EventEmitter } from "node:events";
  import type { DailyRotateFileTransportOptions } from "winston-daily-rotate-file";

  import Transport = require("winston-transport");

  class RotatingTransport extends Transport {
    constructor(options: DailyRotateFileTransportOptions & { frequency?: string });
    /** The stream it writes to; emits "open", "error" and "close" of each file's own stream. */
    readonly logStream: EventEmitter;
    /** Ends the current file's stream. */
    close(): void;
  }
  export = RotatingTransport;
}
