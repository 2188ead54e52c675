// How the daemon is: the reasons, if any, why it is degraded.

export interface Health {
  readonly reasons: readonly string[];
  /** Sets or clears one reason. */
  note(reason: string, present: { readonly present: boolean }): void;
}

/** Tells `changed` when health turns from ok to degraded, changes its reasons, or recovers. */
export function trackHealth(changed: (reasons: readonly string[]) => void): Health {
  const reasons = new Set<string>();
  return {
    get reasons() {
      return [...reasons];
    },
    note(reason, { present }) {
      if (reasons.has(reason) === present) return;
      if (present) reasons.add(reason);
      else reasons.delete(reason);
      changed([...reasons]);
    },
  };
}
