// An answerer whose rules come later: whoever connects before the daemon is set up waits for the answer.
import type { Answer } from "../server/peer.js";

export interface DeferredAnswer {
  readonly answer: Answer;
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
