// What each method takes and answers, and what comes unasked, in plain types: made by `npm run generate`, never edited.
// biome-ignore-all format: its lines are as long as they need to be

export interface AgentStatus {
  agent: string;
  state: "stopped" | "starting" | "running" | "stopping" | "backoff" | "failed";
  ready: boolean;
  adopted: boolean;
  incarnation: number;
  pid: number | null;
  startedAt: string | null;
  uptimeMs: number | null;
  wanted: "up" | "down";
  autostart: boolean;
  restarts: number;
  recentFailures: number;
  backoffUntil: string | null;
  lastExit: {
    code: number | null;
    signal: string | null;
    at: string;
    reason: string;
  } | null;
  lastBeat: string | null;
  lastPoke: {
    at: string;
    delivered: boolean;
    via: string;
  } | null;
  logFile: string;
  stderrFile?: string | undefined;
  session: "process" | "tmux";
  command: string[];
  waitingFor: string[];
  /** What its session uses; null while there is none or nobody can tell. Only when asked for. */
  usage?: {
    /** Of one core, over the life of each process, as ps tells it; null without ps. */
    cpuPercent: number | null;
    /** Resident memory of all processes; shared pages count for each. */
    memoryBytes: number | null;
    processes: number;
  } | null | undefined;
  /** Its changes of state in the last hour, to the minute; the first is the state an hour ago, or as far as is known. Only when asked for. */
  history?: Array<{
    at: string;
    /** Entered within this minute, the last of them last. */
    states: Array<"stopped" | "starting" | "running" | "stopping" | "backoff" | "failed">;
  }> | undefined;
  /** As its definition has it. Only when asked for. */
  restartPolicy?: {
    policy: "on-failure" | "always" | "never";
    maxAttempts: number;
    windowMs: number;
    backoffMs: number;
    backoffMaxMs: number;
    jitter: number;
  } | undefined;
  nextRestartAt?: string | undefined;
}

export interface DaemonStatus {
  pid: number;
  instanceId: string;
  startedAt: string;
  uptimeMs: number;
  daemonVersion: string;
  protocolVersion: number;
  executableIsNewer: boolean;
  home: string;
  socketPath: string;
  logFile: string;
  health: {
    status: "ok" | "degraded";
    reasons: string[];
  };
  heartbeat: {
    intervalMs: number;
    count: number;
    lastAt: string | null;
  };
  agents: {
    total: number;
    byState: {
      stopped: number;
      starting: number;
      running: number;
      stopping: number;
      backoff: number;
      failed: number;
    };
  };
  connections: number;
  memory: {
    rssBytes: number;
    heapUsedBytes: number;
  };
}

export interface AgentDefinition {
  /** The program with its arguments, as an array or as a string with shell quoting; no shell runs it. */
  command: string | string[];
  /** The directory it runs in; a relative path starts where hearth.toml is. Default: ".". */
  cwd?: string | undefined;
  /** Variables of its environment, which replace those of env_file. */
  env?: Record<string, string> | undefined;
  /** A file of NAME=value lines, read at each start. */
  env_file?: string | undefined;
  /** Start it with the daemon. Default: false. */
  autostart?: boolean | undefined;
  /** What happens when it ends by itself. */
  restart?: {
    /** When it is restarted: after a failure, also after it ended well, or not at all. Default: "on-failure". */
    policy?: "on-failure" | "always" | "never" | undefined;
    /** Restarts within the window; one failure more is a crash loop, which ends in failed. Default: 3. */
    max_attempts?: number | undefined;
    /** The time in which restarts are counted. Default: "5m". */
    window?: string | undefined;
    /** The pause before the first restart; it doubles with each further one. Default: "1s". */
    backoff?: string | undefined;
    /** The longest such pause, at least as long as backoff. Default: "1m". */
    backoff_max?: string | undefined;
    /** How much longer or shorter each pause is by chance, as a share of it: 0.1 is 10 per cent. Default: 0.1. */
    jitter?: number | undefined;
  } | undefined;
  /** How it is asked to stop. */
  stop?: {
    /** What asks it to end, sent to every process of its session. Default: "SIGTERM". */
    signal?: "SIGTERM" | "SIGINT" | "SIGHUP" | "SIGQUIT" | "SIGUSR1" | "SIGUSR2" | "SIGKILL" | "SIGALRM" | "SIGCONT" | "SIGSTOP" | "SIGTSTP" | "SIGWINCH" | undefined;
    /** The time from this signal to SIGKILL for what is left. Default: "10s". */
    grace?: string | undefined;
  } | undefined;
  /** What makes it ready: exactly one condition. Without, it is ready as soon as it runs. */
  ready?: {
    /** It has written this text since this session began. */
    output?: string | undefined;
    /** A connection to this address succeeds: "HOST:PORT", or a port of 127.0.0.1. */
    tcp?: string | number | undefined;
    /** A GET of this URL answers with a status below 400. */
    http?: string | undefined;
    /** This program, which is run again and again, exits with 0. */
    command?: string | string[] | undefined;
    /** It has run for this long. */
    delay?: string | undefined;
    /** It says so itself, with `hearth ready` or the method agent.ready. */
    notify?: true | undefined;
    /** The time it has for this; a session that is not ready by then has failed. Twice a longer `delay`, if that is named. Default: "30s". */
    timeout?: string | undefined;
  } | undefined;
  /** Agents that are started first and must be ready before it starts. */
  depends_on?: string[] | undefined;
  /** What it runs in: a plain process, or a terminal of its own for programs that want one. Default: "process". */
  session?: "process" | "tmux" | undefined;
  /** How often it is poked, which way, and what the watchdog expects of it. */
  heartbeat?: {
    /** Time between two pokes; by default that of the daemon's table. */
    interval?: string | undefined;
    /** How a poke reaches it: "session" (its standard input, or a paste into its terminal), "rpc", "signal:" and a signal, "command:" and a command, or "none". Default: "none". */
    poke?: string | undefined;
    /** What a poke says: at most 4096 bytes; one line where it goes to standard input. Default: "Heartbeat: check for new work, then carry on.". */
    message?: string | undefined;
    /** The watchdog restarts it after this many intervals without a beat. Without, there is no watchdog. */
    when_missed?: number | undefined;
    /** The time a new session has for its first beat. Default: "5m". */
    startup_grace?: string | undefined;
  } | undefined;
  /** Other agents, by name or glob, that it may start, stop, restart, poke and ask things of. */
  may_control?: string[] | undefined;
  /** File mode creation mask as octal digits in quotes, such as "027"; without it, the daemon's own. */
  umask?: string | undefined;
  /** Niceness, whatever the daemon's own: 19 gives way to everything, negative ones need a privilege. */
  nice?: number | undefined;
  /** Keeps stderr out of the log: true for NAME.err.log beside it, or the path of a file that nobody else writes to. */
  stderr?: true | string | undefined;
  /** A command that is run when a session is ready; HEARTH_HOOK_... variables tell about it. */
  on_ready?: string | string[] | undefined;
  /** A command that is run each time a session has ended, whether or not somebody asked for it; HEARTH_HOOK_... variables tell about it. */
  on_exit?: string | string[] | undefined;
  /** A command that is run when the agent has failed: a crash loop, or a command that cannot be run; HEARTH_HOOK_... variables tell about it. */
  on_failed?: string | string[] | undefined;
  /** A command that is run when a cycle has been carried out and the next session runs; HEARTH_HOOK_... variables tell about it. */
  on_cycle?: string | string[] | undefined;
  /** Restarts the agent when all of its processes together use more memory, such as "500MB". */
  max_memory?: string | undefined;
  /** Restarts the agent on a schedule, such as "0 4 * * *". */
  cron?: string | {
    /** Five fields as in a crontab, such as "0 4 * * *"; seconds may come first. */
    schedule: string;
    /** A time zone such as "Europe/Berlin"; the machine's if left out. */
    zone?: string | undefined;
  } | undefined;
  /** Restarts the agent when files change: true, a list such as ["src"], or a table. */
  watch?: boolean | string[] | {
    /** Files, directories and patterns; without, all that is below cwd. */
    paths?: string[] | undefined;
    /** What is left out: names anywhere, or paths with a / in them. */
    ignore?: string[] | undefined;
    /** Time without a further change before the restart. Default: "300ms". */
    debounce?: string | undefined;
  } | undefined;
}

export interface LifecycleRequest {
  id: string;
  from: string;
  agent: string;
  action: "cycle" | "restart" | "shutdown";
  reason: string | null;
  requestedAt: string;
  state: "accepted" | "running" | "done" | "failed" | "expired" | "superseded";
  incarnation: {
    before: number | null;
    after: number | null;
  };
  error?: {
    kind: string;
    message: string;
  } | undefined;
}

/** Every method by its name. */
export interface Methods {
  /** Tells that the daemon answers. */
  "system.ping": {
    params: Record<string, never>;
    result: {
      pong: true;
      at: string;
    };
  };
  /** Tells the versions of the daemon and of its protocol. */
  "system.version": {
    params: Record<string, never>;
    result: {
      daemonVersion: string;
      protocolVersion: number;
    };
  };
  /** Proves who the caller is; everything but the methods for anyone needs it first. */
  "system.attach": {
    params: {
      token: string;
      client?: {
        name: string;
        version: string;
      } | undefined;
    };
    result: {
      role: "operator" | "agent";
      agent?: string | undefined;
      incarnation?: number | undefined;
      protocolVersion: number;
    };
  };
  /** Answers with this document. */
  "rpc.discover": {
    params: Record<string, never>;
    result: Record<string, unknown>;
  };
  /** Tells how the daemon is. */
  "daemon.status": {
    params: Record<string, never>;
    result: DaemonStatus;
  };
  /** Stops every agent in reverse order of dependency, then the daemon; answered before it begins. */
  "daemon.shutdown": {
    params: {
      /** End the daemon alone; the next one takes the agents over. Default: false. */
      keepAgents?: boolean | undefined;
    };
    result: Record<string, unknown>;
  };
  /** Replaces the daemon with the program on disk while the agents go on; answered before it begins. */
  "daemon.restart": {
    params: Record<string, never>;
    result: Record<string, unknown>;
  };
  /** Reads hearth.toml again and applies what changed; a wrong file changes nothing. */
  "daemon.reload": {
    params: Record<string, never>;
    result: {
      added: string[];
      removed: string[];
      changed: string[];
      unchanged: string[];
    };
  };
  /** Tells how the agents are, all of them or those that a glob matches. */
  "agent.list": {
    params: {
      match?: string | undefined;
      /** Tell what its session uses of the machine. Default: false. */
      usage?: boolean | undefined;
      /** Tell its changes of state in the last hour. Default: false. */
      history?: boolean | undefined;
    };
    result: {
      agents: AgentStatus[];
    };
  };
  /** Tells how one agent is. */
  "agent.get": {
    params: {
      agent: string;
      /** Tell what its session uses of the machine. Default: false. */
      usage?: boolean | undefined;
      /** Tell its changes of state in the last hour. Default: false. */
      history?: boolean | undefined;
      /** Tell when it is started again after it has ended. Default: false. */
      restartPolicy?: boolean | undefined;
    };
    result: AgentStatus;
  };
  /** Starts agents with what they depend on; `wait` answers when they are ready, `reset` clears a crash loop. */
  "agent.start": {
    params: {
      agent: string;
      /** Answer only when the agents have arrived at the state asked for, or failed to. Default: false. */
      wait?: boolean | undefined;
      /** Forget earlier failures first, so that a crash loop is no obstacle. Default: false. */
      reset?: boolean | undefined;
    };
    result: {
      agents: AgentStatus[];
    };
  };
  /** Stops agents; answers when every process of them is gone, or at once when `wait` is false. */
  "agent.stop": {
    params: {
      agent: string;
      /** False: answer as soon as the stop has begun. Default: true. */
      wait?: boolean | undefined;
    };
    result: {
      agents: AgentStatus[];
    };
  };
  /** Stops agents and starts them afresh; `wait` answers when they are ready again. */
  "agent.restart": {
    params: {
      agent: string;
      /** Answer only when the agents have arrived at the state asked for, or failed to. Default: false. */
      wait?: boolean | undefined;
      /** What their environment starts from instead of the daemon's, from now on; null: the daemon's again. Only the operator may send it. */
      env?: Record<string, string> | null | undefined;
    };
    result: {
      agents: AgentStatus[];
    };
  };
  /** Adds an agent that hearth.toml does not have, and keeps it until it is removed. */
  "agent.add": {
    params: {
      name: string;
      /** The program with its arguments, as an array or as a string with shell quoting; no shell runs it. */
      command: string | string[];
      /** The directory it runs in; a relative path starts where hearth.toml is. Default: ".". */
      cwd?: string | undefined;
      /** Variables of its environment, which replace those of env_file. */
      env?: Record<string, string> | undefined;
      /** A file of NAME=value lines, read at each start. */
      env_file?: string | undefined;
      /** Start it with the daemon. Default: false. */
      autostart?: boolean | undefined;
      /** What happens when it ends by itself. */
      restart?: {
        /** When it is restarted: after a failure, also after it ended well, or not at all. Default: "on-failure". */
        policy?: "on-failure" | "always" | "never" | undefined;
        /** Restarts within the window; one failure more is a crash loop, which ends in failed. Default: 3. */
        max_attempts?: number | undefined;
        /** The time in which restarts are counted. Default: "5m". */
        window?: string | undefined;
        /** The pause before the first restart; it doubles with each further one. Default: "1s". */
        backoff?: string | undefined;
        /** The longest such pause, at least as long as backoff. Default: "1m". */
        backoff_max?: string | undefined;
        /** How much longer or shorter each pause is by chance, as a share of it: 0.1 is 10 per cent. Default: 0.1. */
        jitter?: number | undefined;
      } | undefined;
      /** How it is asked to stop. */
      stop?: {
        /** What asks it to end, sent to every process of its session. Default: "SIGTERM". */
        signal?: "SIGTERM" | "SIGINT" | "SIGHUP" | "SIGQUIT" | "SIGUSR1" | "SIGUSR2" | "SIGKILL" | "SIGALRM" | "SIGCONT" | "SIGSTOP" | "SIGTSTP" | "SIGWINCH" | undefined;
        /** The time from this signal to SIGKILL for what is left. Default: "10s". */
        grace?: string | undefined;
      } | undefined;
      /** What makes it ready: exactly one condition. Without, it is ready as soon as it runs. */
      ready?: {
        /** It has written this text since this session began. */
        output?: string | undefined;
        /** A connection to this address succeeds: "HOST:PORT", or a port of 127.0.0.1. */
        tcp?: string | number | undefined;
        /** A GET of this URL answers with a status below 400. */
        http?: string | undefined;
        /** This program, which is run again and again, exits with 0. */
        command?: string | string[] | undefined;
        /** It has run for this long. */
        delay?: string | undefined;
        /** It says so itself, with `hearth ready` or the method agent.ready. */
        notify?: true | undefined;
        /** The time it has for this; a session that is not ready by then has failed. Twice a longer `delay`, if that is named. Default: "30s". */
        timeout?: string | undefined;
      } | undefined;
      /** Agents that are started first and must be ready before it starts. */
      depends_on?: string[] | undefined;
      /** What it runs in: a plain process, or a terminal of its own for programs that want one. Default: "process". */
      session?: "process" | "tmux" | undefined;
      /** How often it is poked, which way, and what the watchdog expects of it. */
      heartbeat?: {
        /** Time between two pokes; by default that of the daemon's table. */
        interval?: string | undefined;
        /** How a poke reaches it: "session" (its standard input, or a paste into its terminal), "rpc", "signal:" and a signal, "command:" and a command, or "none". Default: "none". */
        poke?: string | undefined;
        /** What a poke says: at most 4096 bytes; one line where it goes to standard input. Default: "Heartbeat: check for new work, then carry on.". */
        message?: string | undefined;
        /** The watchdog restarts it after this many intervals without a beat. Without, there is no watchdog. */
        when_missed?: number | undefined;
        /** The time a new session has for its first beat. Default: "5m". */
        startup_grace?: string | undefined;
      } | undefined;
      /** Other agents, by name or glob, that it may start, stop, restart, poke and ask things of. */
      may_control?: string[] | undefined;
      /** File mode creation mask as octal digits in quotes, such as "027"; without it, the daemon's own. */
      umask?: string | undefined;
      /** Niceness, whatever the daemon's own: 19 gives way to everything, negative ones need a privilege. */
      nice?: number | undefined;
      /** Keeps stderr out of the log: true for NAME.err.log beside it, or the path of a file that nobody else writes to. */
      stderr?: true | string | undefined;
      /** A command that is run when a session is ready; HEARTH_HOOK_... variables tell about it. */
      on_ready?: string | string[] | undefined;
      /** A command that is run each time a session has ended, whether or not somebody asked for it; HEARTH_HOOK_... variables tell about it. */
      on_exit?: string | string[] | undefined;
      /** A command that is run when the agent has failed: a crash loop, or a command that cannot be run; HEARTH_HOOK_... variables tell about it. */
      on_failed?: string | string[] | undefined;
      /** A command that is run when a cycle has been carried out and the next session runs; HEARTH_HOOK_... variables tell about it. */
      on_cycle?: string | string[] | undefined;
      /** Restarts the agent when all of its processes together use more memory, such as "500MB". */
      max_memory?: string | undefined;
      /** Restarts the agent on a schedule, such as "0 4 * * *". */
      cron?: string | {
        /** Five fields as in a crontab, such as "0 4 * * *"; seconds may come first. */
        schedule: string;
        /** A time zone such as "Europe/Berlin"; the machine's if left out. */
        zone?: string | undefined;
      } | undefined;
      /** Restarts the agent when files change: true, a list such as ["src"], or a table. */
      watch?: boolean | string[] | {
        /** Files, directories and patterns; without, all that is below cwd. */
        paths?: string[] | undefined;
        /** What is left out: names anywhere, or paths with a / in them. */
        ignore?: string[] | undefined;
        /** Time without a further change before the restart. Default: "300ms". */
        debounce?: string | undefined;
      } | undefined;
    };
    result: AgentStatus;
  };
  /** Stops an agent that agent.add added, and forgets it. */
  "agent.remove": {
    params: {
      agent: string;
    };
    result: Record<string, unknown>;
  };
  /** Clears an agent's crash loop or backoff; it is stopped afterwards. */
  "agent.reset": {
    params: {
      agent: string;
    };
    result: AgentStatus;
  };
  /** Sends a signal to the main process of an agent. */
  "agent.signal": {
    params: {
      agent: string;
      signal: "SIGTERM" | "SIGINT" | "SIGHUP" | "SIGQUIT" | "SIGUSR1" | "SIGUSR2" | "SIGKILL" | "SIGALRM" | "SIGCONT" | "SIGSTOP" | "SIGTSTP" | "SIGWINCH";
    };
    result: AgentStatus;
  };
  /** Pokes an agent now by the route of its definition, with its message or another, and tells what became of it. */
  "agent.poke": {
    params: {
      agent: string;
      /** At most 4096 bytes, with no control characters but tab and newline. */
      message?: string | undefined;
    };
    result: {
      delivered: boolean;
      via: string;
      detail?: string | undefined;
    };
  };
  /** The last lines that a tmux agent's terminal shows. */
  "agent.capture": {
    params: {
      agent: string;
      /** undefined Default: 50. */
      lines?: number | undefined;
    };
    result: {
      lines: string[];
    };
  };
  /** The last lines of an agent's output, at most `bytes` of them; or page by page all that is kept of it. */
  "agent.logs": {
    params: {
      agent: string;
      /** undefined Default: 50. */
      lines?: number | undefined;
      /** undefined Default: 1048576. */
      bytes?: number | undefined;
      /** "stderr": the file of its own that an agent's stderr goes to, instead of its log. */
      stream?: "stderr" | undefined;
      /** Answer with whole lines alone, and tell of the page they are; without since and after, of the last. */
      page?: {
        /** A moment as RFC 3339 writes it, such as "2026-03-01T08:00:00Z". */
        since?: string | undefined;
        /** Go on there: the `next` of the page before. */
        after?: string | undefined;
      } | undefined;
    };
    result: {
      lines: string[];
      file: string;
      page?: {
        /** Where the lines end: `after` for the next page, or for `logs.follow`. */
        next: string;
        /** There are more lines already. */
        more: boolean;
        /** The beginning of a line that has no end yet. */
        unfinished: string | null;
        /** No line of this page was written before, if that is known. */
        notBefore: string | null;
        /** When the log was last written to; null while it is empty. */
        writtenAt: string | null;
      } | undefined;
    };
  };
  /** An agent tells that it is alive; the watchdog expects the next within `nextBeatWithinMs`, null without one. */
  "agent.beat": {
    params: {
      /** At most 1024 bytes. */
      status?: string | undefined;
      /** At most 1024 bytes. */
      note?: string | undefined;
    };
    result: {
      nextBeatWithinMs: number | null;
    };
  };
  /** An agent whose condition is `notify` tells that it is ready. */
  "agent.ready": {
    params: Record<string, never>;
    result: Record<string, unknown>;
  };
  /** Asks for a cycle, restart or shutdown, by default of the asker itself; answered when it is safe on disk. */
  "lifecycle.request": {
    params: {
      agent?: string | undefined;
      action: "cycle" | "restart" | "shutdown";
      /** At most 1 MiB of UTF-8. */
      handoff?: string | undefined;
      /** At most 1024 bytes. */
      reason?: string | undefined;
      /** The same key from the same caller for the same agent is one request. */
      key?: string | undefined;
      /** A moment as RFC 3339 writes it, such as "2026-03-01T08:00:00Z". */
      requestedAt?: string | undefined;
    };
    result: {
      request: LifecycleRequest;
    };
  };
  /** Tells what became of a request. */
  "lifecycle.get": {
    params: {
      id: string;
    };
    result: {
      request: LifecycleRequest;
    };
  };
  /** Answers when a request has reached its final state. */
  "lifecycle.wait": {
    params: {
      id: string;
      timeoutMs?: number | undefined;
    };
    result: {
      request: LifecycleRequest;
    };
  };
  /** The latest `limit` requests, the latest first: of all agents, or of those that `agent` names. */
  "lifecycle.list": {
    params: {
      agent?: string | undefined;
      state?: "accepted" | "running" | "done" | "failed" | "expired" | "superseded" | undefined;
      /** undefined Default: 100. */
      limit?: number | undefined;
    };
    result: {
      requests: LifecycleRequest[];
    };
  };
  /** Leaves a handoff for the next session of the calling agent. */
  "handoff.put": {
    params: {
      /** At most 1 MiB of UTF-8. */
      handoff: string;
    };
    result: Record<string, unknown>;
  };
  /** The handoff that waits for a session or that the asking one took (for the operator the latest), or null. */
  "handoff.get": {
    params: {
      agent?: string | undefined;
    };
    result: {
      handoff: string;
      fromIncarnation: number;
      at: string;
    } | null;
  };
  /** Tells the latest events that the daemon keeps, the latest last. */
  "events.list": {
    params: {
      /** Types such as "agent.exited" or "agent.*". */
      types?: string[] | undefined;
      /** Names of agents, or globs. */
      agents?: string[] | undefined;
      /** undefined Default: 50. */
      limit?: number | undefined;
    };
    result: {
      events: Array<{
        seq: number;
        at: string;
        type: string;
        agent?: string | undefined;
        data: Record<string, unknown>;
      }>;
    };
  };
  /** Sends `event` notifications from here on, or after the sequence number `since`. */
  "events.subscribe": {
    params: {
      /** Types such as "agent.exited" or "agent.*". */
      types?: string[] | undefined;
      /** Names of agents, or globs. */
      agents?: string[] | undefined;
      since?: number | undefined;
    };
    result: {
      subscription: string;
      seq: number;
    };
  };
  /** Ends a subscription of this connection, to events or to a log. */
  "events.unsubscribe": {
    params: {
      subscription: string;
    };
    result: Record<string, unknown>;
  };
  /** Sends `log` notifications: the last `lines` of an agent's output, or of the log of "daemon", then what comes. For a glob: of every agent it matches, and of those that are added. */
  "logs.follow": {
    params: {
      agent: string;
      /** undefined Default: 50. */
      lines?: number | undefined;
      /** "stderr": the file of its own that an agent's stderr goes to, instead of its log. */
      stream?: "stderr" | undefined;
      /** Where to go on for some agents, instead of the last lines; each `log` then tells its `next`. */
      after?: Record<string, string> | undefined;
    };
    result: {
      subscription: string;
    };
  };
}

/** The params of what the daemon sends unasked, by its method. */
export interface Notifications {
  /** Something happened that the subscription asked for. */
  event: {
    subscription: string;
    seq: number;
    at: string;
    type: string;
    agent?: string | undefined;
    data: Record<string, unknown>;
  };
  /** Events are missing: the client read too slowly, or asked for events that are no longer kept. */
  "events.lagged": {
    subscription: string;
    missed: number | null;
  };
  /** Lines were written to a log that the subscription follows. */
  log: {
    subscription: string;
    agent: string;
    lines: string[];
    next?: string | undefined;
  };
  /** To the attached agent: a poke, the `count`th of this agent. */
  heartbeat: {
    count: number;
    at: string;
    message: string;
  };
  /** To the attached agent: somebody asked for a cycle, which goes on at the deadline or after `handoff.put`. */
  "handoff.requested": {
    deadline: string;
    reason: string | null;
  };
  /** To the attached agent: it will be told to stop, and killed when the grace is over. */
  "shutdown.requested": {
    reason: string;
    graceMs: number;
  };
}

/** The `data` of each type of event. */
export interface Events {
  "daemon.started": {
    pid: number;
    instanceId: string;
    daemonVersion: string;
  };
  "daemon.stopping": {
    reason: string;
    keepAgents: boolean;
  };
  "daemon.reloaded": {
    added: string[];
    removed: string[];
    changed: string[];
    unchanged: string[];
  };
  "daemon.degraded": {
    reasons: string[];
  };
  "daemon.recovered": Record<string, unknown>;
  "agent.waiting": {
    waitingFor: string[];
  };
  "agent.starting": {
    incarnation: number;
  };
  "agent.running": {
    incarnation: number;
    pid: number;
  };
  "agent.ready": {
    incarnation: number;
  };
  "agent.exited": {
    incarnation: number;
    code: number | null;
    signal: string | null;
    reason: string;
    asked?: boolean | undefined;
  };
  "agent.backoff": {
    until: string;
    delayMs: number;
    recentFailures: number;
  };
  "agent.failed": {
    reason: string;
    recentFailures: number;
  };
  "agent.stopping": {
    incarnation: number;
    reason: string;
  };
  "agent.stopped": Record<string, unknown>;
  "agent.adopted": {
    incarnation: number;
    pid: number;
  };
  "agent.added": Record<string, unknown>;
  "agent.removed": Record<string, unknown>;
  "agent.changed": Record<string, unknown>;
  "poke.sent": {
    delivered: boolean;
    via: string;
    detail?: string | undefined;
    scheduled: boolean;
  };
  beat: {
    incarnation: number;
    status?: string | undefined;
    note?: string | undefined;
  };
  "watchdog.missed": {
    incarnation: number;
    intervals: number;
  };
  "restart.due": {
    incarnation: number;
    cause: "max-memory" | "cron" | "watch";
    detail: string;
  };
  "lifecycle.accepted": LifecycleRequest;
  "lifecycle.running": LifecycleRequest;
  "lifecycle.done": LifecycleRequest;
  "lifecycle.failed": LifecycleRequest;
  "lifecycle.expired": LifecycleRequest;
  "lifecycle.superseded": LifecycleRequest;
  "handoff.stored": {
    fromIncarnation: number;
    bytes: number;
  };
  "handoff.taken": {
    fromIncarnation: number;
    incarnation: number;
  };
  "log.rotated": {
    file: string;
    backup: string;
  };
}

export type MethodName = keyof Methods;

/** What a caller sends. */
export type Params<M extends MethodName> = Methods[M]["params"];

/** What a caller gets. */
export type Result<M extends MethodName> = Methods[M]["result"];

export type NotificationName = keyof Notifications;
export type Notification<N extends NotificationName> = Notifications[N];

export type EventType = keyof Events;

/** The params of an `event`: its `type` tells what `data` is. A newer daemon may send types that are not here. */
export type Happening = {
  [T in EventType]: Omit<Notification<"event">, "type" | "data"> & { type: T; data: Events[T] };
}[EventType];
