#!/bin/sh
# The witness: an agent that is a shell script and needs nothing but `hearth`. It beats once a second; its first session
# hangs after three rounds, like a program that waits for an answer which never comes. The watchdog notices.

if [ -n "$HEARTH_HANDOFF_FILE" ]; then cat "$HEARTH_HANDOFF_FILE"; fi
hearth ready

round=0
while :; do
  round=$((round + 1))
  echo "round $round of session $HEARTH_INCARNATION: all is well"
  # A beat that fails is no reason to end: the daemon may be about to be replaced, and agents outlive it.
  hearth beat --status "round $round"
  if [ "$HEARTH_INCARNATION" -eq 1 ] && [ "$round" -eq 3 ]; then
    echo "waiting for an answer"
    sleep 1000000
  fi
  sleep 1
done
