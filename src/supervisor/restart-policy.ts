// Decides what follows a failure: another try after a delay, or giving up because the agent is in a crash loop.
import type { RestartPolicy } from "../config/spec.js";

/** What to do about an agent that ended without being asked to. */
export type RestartDecision =
  /** Start it again after `delayMs`; `failures` are those that still count. */
  | { readonly kind: "retry"; readonly delayMs: number; readonly failures: readonly number[] }
  /** More failures within the window than the policy has attempts. */
  | { readonly kind: "crash-loop"; readonly failures: readonly number[] }
  /** The policy does not restart after such an end. */
  | { readonly kind: "rest" };

/** The failures that still count at `now`; times are milliseconds of one monotonic clock. */
export function recentFailures(failures: readonly number[], policy: RestartPolicy, now: number): readonly number[] {
  return failures.filter((at) => now - at < policy.windowMs);
}

/**
 * Applies the policy to one more end nobody asked for.
 * @param random a number in [0, 1) that places the delay within the jitter
 */
export function decideRestart(
  policy: RestartPolicy,
  failures: readonly number[],
  end: { readonly clean: boolean; readonly now: number; readonly random: number },
): RestartDecision {
  if (policy.policy === "never" || (policy.policy === "on-failure" && end.clean)) return { kind: "rest" };
  const counted = [...recentFailures(failures, policy, end.now), end.now];
  if (counted.length > policy.maxAttempts) return { kind: "crash-loop", failures: counted };
  return { kind: "retry", delayMs: backoffDelay(policy, counted.length, end.random), failures: counted };
}

/** Exponential backoff: the n-th failure in the window waits `backoff * 2^(n-1)`, bounded, then spread by the jitter. */
function backoffDelay(policy: RestartPolicy, attempt: number, random: number): number {
  const bounded = Math.min(policy.backoffMs * 2 ** (attempt - 1), policy.backoffMaxMs);
  return Math.round(bounded * (1 + policy.jitter * (2 * random - 1)));
}
