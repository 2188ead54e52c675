// The versions a daemon and its clients tell each other.

/** Version of the wire protocol; it grows when an old client could not go on. */
export const PROTOCOL_VERSION = 1;

/** Version of the package; a test holds it to package.json. */
export const DAEMON_VERSION = "0.1.0";
