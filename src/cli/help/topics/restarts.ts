// `hearth help restarts`.
import { type Block, code, heading, terms, text } from "../../render/page.js";

export function page(): Block[] {
  return [
    heading("When an agent ends by itself"),
    text("What follows is in its definition in hearth.toml; these are the defaults:"),
    code(
      "[agents.gateway.restart]",
      'policy = "on-failure"',
      "max_attempts = 3",
      'window = "5m"',
      'backoff = "1s"',
      'backoff_max = "1m"',
      "jitter = 0.1",
    ),
    terms([
      {
        term: "on-failure",
        meaning: "after an exit code other than 0, a signal, or a start that did not get ready in time",
      },
      { term: "always", meaning: "also after it ended well" },
      { term: "never", meaning: "not at all" },
    ]),
    text(
      "It is started again after 1 s, 2 s, 4 s and so on, at most backoff_max, a little more or less by chance so that many agents don't start at once. Meanwhile its state is backoff.",
    ),
    heading("Crash loops"),
    text(
      "Three restarts are tried within the window; the next failure is a crash loop. The agent is failed then, and stays so, also for the next daemon, until you have looked at it:",
    ),
    code("hearth logs gateway", "hearth start gateway --reset"),
    text(
      "Every restart goes by these rules, whatever asked for it: an agent that the watchdog ends because its beats stopped has crashed, too. What you ask for yourself, `hearth restart` or `hearth cycle`, is no failure and is not counted.",
    ),
  ];
}
