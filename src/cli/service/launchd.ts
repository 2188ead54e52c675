// launchd as the service manager (macOS): a LaunchAgent of the user.
import { join } from "node:path";
import { mustRun, type RunTool } from "./run-tool.js";
import type { Service, ServiceManager } from "./service.js";
import { noServiceManager } from "./service-error.js";
import { xmlText } from "./xml.js";

export interface LaunchdSurroundings {
  readonly userHome: string;
  readonly uid: number;
  readonly run: RunTool;
}

export function launchd({ userHome, uid, run }: LaunchdSurroundings): ServiceManager {
  const domain = `gui/${uid}`;
  const target = ({ name }: Service): string => `${domain}/${name}`;
  const file = ({ name }: Service): string => join(userHome, "Library", "LaunchAgents", `${name}.plist`);
  const isLoaded = async (service: Service): Promise<boolean> => (await print(service)) !== null;
  const print = async (service: Service): Promise<string | null> => {
    const { code, stdout } = await run("launchctl", ["print", target(service)]);
    return code === 0 ? stdout : null;
  };
  return {
    name: "launchd",
    files: (service) => [{ path: file(service), text: propertyList(service) }],
    async assertPresent() {
      const { code, complaint } = await run("launchctl", ["print", domain]);
      if (code !== 0) throw noServiceManager("launchd session of this user", complaint);
    },
    async enable(service) {
      await mustRun(run, "launchctl", ["enable", target(service)]);
    },
    async disable(service) {
      if (await isLoaded(service)) await mustRun(run, "launchctl", ["bootout", target(service)]);
    },
    async forget() {},
    async start(service) {
      // Loading it starts it as well (RunAtLoad).
      if (await isLoaded(service)) await mustRun(run, "launchctl", ["kickstart", target(service)]);
      else await mustRun(run, "launchctl", ["bootstrap", domain, file(service)]);
    },
    // launchd hands sockets over in a way of its own, which Node can't take part in.
    async closeSocket() {},
    // A daemon that ended as asked is not started again before the next login (SuccessfulExit).
    async stop() {},
    async state(service) {
      const printed = await print(service);
      const pid = Number(/^\s*pid = (\d+)$/m.exec(printed ?? "")?.[1]);
      return { enabled: printed !== null, active: pid > 0, pid: pid > 0 ? pid : null };
    },
    advice: () => [],
  };
}

/**
 * launchd.plist(5). AbandonProcessGroup: agents outlive the daemon. ExitTimeOut 0: it stops its agents before it ends.
 * launchd can't be told to leave a wrong configuration (78) alone, so ThrottleInterval keeps the tries a minute apart.
 */
function propertyList({ name, command, environment }: Service): string {
  const variables = Object.entries(environment).map(([key, value]) => `${xmlKey(key)}${xmlString(value)}`);
  return `<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<plist version="1.0">
<dict>
  <key>Label</key><string>${xmlText(name)}</string>
  <key>ProgramArguments</key>
  <array>
    ${command.map(xmlString).join("\n    ")}
  </array>
  <key>EnvironmentVariables</key>
  <dict>
    ${variables.join("\n    ")}
  </dict>
  <key>RunAtLoad</key><true/>
  <key>KeepAlive</key>
  <dict>
    <key>SuccessfulExit</key><false/>
  </dict>
  <key>ThrottleInterval</key><integer>60</integer>
  <key>ExitTimeOut</key><integer>0</integer>
  <key>AbandonProcessGroup</key><true/>
  <key>ProcessType</key><string>Interactive</string>
</dict>
</plist>
`;
}

function xmlKey(text: string): string {
  return `<key>${xmlText(text)}</key>`;
}

function xmlString(text: string): string {
  return `<string>${xmlText(text)}</string>`;
}
