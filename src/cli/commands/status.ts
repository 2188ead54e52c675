// `hearth status`: the daemon and its agents at a glance.
import { statusCommand } from "../status/command.js";

export const command = statusCommand(() => import("../status/view.js"));
