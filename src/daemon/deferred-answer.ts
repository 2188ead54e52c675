// An answerer from before the daemon is set up.
import type { Answer } from "../server/peer.js";

export interface DeferredAnswer {
  readonly answer: Answer;
  /** From here on there are answers, also for those who have been waiting for one. */
  settle(answer: Answer): void;
}

export function deferredAnswer(): DeferredAnswer {
  let settled: Answer | null = null;
  let settle: (answer: Answer) => void = () => {};
  const ready = new Promise<Answer>((resolve) => {
    settle = resolve;
  });
  return {
    answer: async (message, peer) => (settled ?? (await ready))(message, peer),
    settle: (answer) => {
      settled = answer;
      settle(answer);
    },
  };
}
