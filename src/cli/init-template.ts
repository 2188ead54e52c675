// The hearth.toml that `hearth init` writes: every setting of a first agent, with its default.

export const TEMPLATE = `# Agents that Hearth keeps alive. \`hearth config check\` checks this file, \`hearth start\` starts them.
# Durations and sizes take units ("10s", "5m", "100MB"); relative paths start at this file's directory.

[daemon]
# heartbeat_interval = "60s"
# log_max_size = "100MB"      # a log over this size is rotated
# log_max_files = 3

# [agents.gateway]
# command = "node gateway.mjs"  # or ["node", "gateway.mjs"]; never run by a shell
# cwd = "."
# env = { LOG_LEVEL = "info" }
# env_file = ".env"             # lines of NAME=value
# autostart = true              # start it with the daemon
#
# # When it ends by itself: three restarts in five minutes, the next failure is a crash loop.
# restart = { policy = "on-failure", max_attempts = 3, window = "5m", backoff = "1s", backoff_max = "1m", jitter = 0.1 }
# stop = { signal = "SIGTERM", grace = "10s" }
# ready = { output = "listening on", timeout = "30s" }  # or tcp, http, command, delay, notify
#
# [agents.worker]
# command = "node worker.mjs"
# depends_on = ["gateway"]      # starts when the gateway is ready
`;
