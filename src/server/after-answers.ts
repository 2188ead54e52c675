// What is to be done once callers have their answers: for the calls of one turn of the event loop all at once.
import type { Peer } from "./peer.js";

type Action = () => void;

/** How long an action waits for its answer to reach the caller, in milliseconds. */
const ANSWER_SENT_WITHIN_MS = 1_000;

/** Calls that are answered together are also acted upon together, so that what they come to is recorded in one write. */
export class AfterAnswers {
  #actions = new Map<Peer, Action[]>();

  /** To be called before the call is answered. */
  add(peer: Peer, action: Action): void {
    // An answer is sent when its handler's promise has gone through dispatch; by the next turn it is in the outbox.
    if (this.#actions.size === 0) setImmediate(() => this.#sendAndAct());
    const others = this.#actions.get(peer);
    if (others === undefined) this.#actions.set(peer, [action]);
    else others.push(action);
  }

  #sendAndAct(): void {
    const actions = this.#actions;
    this.#actions = new Map();
    for (const [peer, ofPeer] of actions) {
      onceSent(peer, () => {
        for (const action of ofPeer) action();
      });
    }
  }
}

/** A caller that doesn't read its answer doesn't keep the action from being carried out. */
function onceSent(peer: Peer, action: Action): void {
  const patience = setTimeout(act, ANSWER_SENT_WITHIN_MS);
  peer.flushed().then(act, act);
  let acted = false;
  function act(): void {
    clearTimeout(patience);
    if (acted) return;
    acted = true;
    action();
  }
}
