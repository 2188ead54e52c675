// The Task Scheduler as the service manager (Windows): a task that runs at logon.
import { win32 } from "node:path";
import { commandLineOf } from "../../command-line-windows.js";
import { mustRun, type RunTool } from "./run-tool.js";
import type { Service, ServiceManager } from "./service.js";
import { noServiceManager } from "./service-error.js";
import { xmlText } from "./xml.js";

export function taskScheduler({ run }: { readonly run: RunTool }): ServiceManager {
  const schtasks = (...args: readonly string[]) => mustRun(run, "schtasks.exe", args);
  const file = ({ home }: Service): string => win32.join(home, "service.xml");
  return {
    name: "Task Scheduler",
    files: (service) => [{ path: file(service), text: taskXml(service) }],
    async assertPresent() {
      const { code, complaint } = await run("schtasks.exe", ["/Query", "/TN", "\\"]);
      if (code === null) throw noServiceManager("Task Scheduler", complaint);
    },
    async enable(service) {
      await schtasks("/Create", "/F", "/TN", service.name, "/XML", file(service));
    },
    async disable({ name }) {
      await schtasks("/Delete", "/F", "/TN", name);
    },
    async forget() {},
    async start({ name }) {
      await schtasks("/Run", "/TN", name);
    },
    async closeSocket() {},
    // /End would kill the daemon without a word; one that ended as asked is not started again before the next logon.
    async stop() {},
    async state({ name }) {
      const { code, stdout } = await run("schtasks.exe", ["/Query", "/TN", name, "/FO", "CSV", "/NH"]);
      // "\hearthd","N/A","Running"
      return { enabled: code === 0, active: code === 0 && /"Running"\s*$/.test(stdout), pid: null };
    },
    advice: () => [],
  };
}

/** The schema of Task Scheduler 1.2; a task has no environment of its own, so what hearthd needs is in its arguments. */
function taskXml({ command, home }: Service): string {
  const [program, ...args] = command;
  return `<?xml version="1.0" encoding="UTF-8"?>
<Task version="1.2" xmlns="http://schemas.microsoft.com/windows/2004/02/mit/task">
  <RegistrationInfo>
    <Description>Hearth daemon of ${xmlText(home)}</Description>
  </RegistrationInfo>
  <Triggers>
    <LogonTrigger>
      <Enabled>true</Enabled>
    </LogonTrigger>
  </Triggers>
  <Principals>
    <Principal id="Author">
      <LogonType>InteractiveToken</LogonType>
      <RunLevel>LeastPrivilege</RunLevel>
    </Principal>
  </Principals>
  <Settings>
    <MultipleInstancesPolicy>IgnoreNew</MultipleInstancesPolicy>
    <DisallowStartIfOnBatteries>false</DisallowStartIfOnBatteries>
    <StopIfGoingOnBatteries>false</StopIfGoingOnBatteries>
    <ExecutionTimeLimit>PT0S</ExecutionTimeLimit>
    <RestartOnFailure>
      <Interval>PT1M</Interval>
      <Count>3</Count>
    </RestartOnFailure>
  </Settings>
  <Actions Context="Author">
    <Exec>
      <Command>${xmlText(program)}</Command>
      <Arguments>${xmlText(commandLineOf(args))}</Arguments>
    </Exec>
  </Actions>
</Task>
`;
}
