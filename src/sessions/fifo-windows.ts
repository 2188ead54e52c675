// A standard input that outlives the daemon can't be had on Windows: pipes there end with whoever made them.
import { LaunchError } from "./session.js";

/** @throws LaunchError always */
export async function makeFifo(): Promise<never> {
  throw new LaunchError("pokes through standard input are not on Windows", 'poke it another way: `poke = "rpc"`');
}
