// What every service manager has to offer, and what it is given: one home's daemon, to be started at login.

/** One home's daemon as a service. */
export interface Service {
  /** The name of its units, label or task; no two homes of a user have the same. */
  readonly name: string;
  readonly home: string;
  /** Where clients will look for its socket. */
  readonly socketPath: string;
  /** The program and its arguments, with absolute paths. */
  readonly command: readonly [program: string, ...args: string[]];
  readonly environment: Readonly<Record<string, string>>;
}

export interface ServiceFile {
  readonly path: string;
  readonly text: string;
}

/** What the manager says of a service. */
export interface ServiceState {
  /** Starts at login. */
  readonly enabled: boolean;
  /** Its daemon runs, or the manager is about to start it. */
  readonly active: boolean;
  /** The daemon's, as far as the manager tells. */
  readonly pid: number | null;
}

/** Each method but `files` throws a ServiceError when the manager refuses. */
export interface ServiceManager {
  /** For people. */
  readonly name: string;
  /** What installing writes. */
  files(service: Service): readonly ServiceFile[];
  /** Throws when it can't be asked at all. */
  assertPresent(): Promise<void>;
  /** To be called once the files are in place. */
  enable(service: Service): Promise<void>;
  /** Takes `enable` back; the files may go then. */
  disable(service: Service): Promise<void>;
  /** To be called once the files are gone. */
  forget(service: Service): Promise<void>;
  /** Starts the daemon; it need not answer yet. */
  start(service: Service): Promise<void>;
  /** From here on no client's call starts the daemon. */
  closeSocket(service: Service): Promise<void>;
  /** Ends what is left of a daemon that has been asked to end, and its next start. */
  stop(service: Service): Promise<void>;
  state(service: Service): Promise<ServiceState>;
  /** What somebody who has just installed should know. */
  advice(service: Service): readonly string[];
}
