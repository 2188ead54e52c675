import { describe, expect, it } from "vitest";
import * as errors from "../../protocol/errors.js";
import { exitCodeOf } from "../../src/cli/exit-codes.js";
import { renderFailure, reportFailure } from "../../src/cli/render/failure.js";
import { UsageError } from "../../src/cli/usage-error.js";
import * as client from "../../src/client/errors.js";
import { PathError } from "../../src/paths.js";
import { TrustError } from "../../src/trust.js";

const HINT = "run `hearth help`";

describe("exit codes", () => {
  it.each([
    [2, new UsageError("what", HINT)],
    [2, errors.invalidParams("why")],
    [2, errors.methodNotFound("x")],
    [2, new PathError("empty-home", "what", HINT)],
    [3, client.offline()],
    [3, client.connectionLost("why")],
    [4, errors.noSuchAgent("x")],
    [5, errors.timedOut("x")],
    [5, client.launchTimedOut(1_000)],
    [5, client.stopTimedOut(1)],
    [6, errors.notPermitted("stop x")],
    [6, errors.badToken()],
    [78, client.badConfiguration("why")],
    [78, errors.badConfig("why")],
    [78, new TrustError("another-owner", "/x", "what", HINT)],
    [78, new PathError("socket-path-too-long", "what", HINT)],
    [1, client.unresponsive(1, "why")],
    [1, client.descriptorNewer("/x", "why")],
    [1, client.launchFailed("why")],
    [1, errors.notPossible("why")],
    [1, errors.storageUnavailable()],
    [1, new Error("a defect")],
  ])("%i for %s", (code, error) => expect(exitCodeOf(error)).toBe(code));
});

describe("a failure", () => {
  it("carries the daemon's code, kind and hint to scripts", () => {
    expect(reportFailure(errors.noSuchAgent("gatway", ["gateway"])).error).toMatchObject({
      code: -32004,
      kind: "no-such-agent",
      message: expect.stringContaining('"gateway"'),
    });
  });

  it("has no code when the daemon did not answer", () => {
    expect(reportFailure(client.offline()).error).toEqual({
      code: null,
      kind: "offline",
      message: "daemon offline: run `hearth daemon start`",
      hint: "run `hearth daemon start`",
    });
  });

  it("does not say its hint twice", () => {
    expect(renderFailure(reportFailure(client.offline()))).toEqual([
      "hearth: daemon offline: run `hearth daemon start`",
    ]);
    expect(renderFailure(reportFailure(client.stopTimedOut(7)))).toHaveLength(2);
  });

  it("lets no escape through", () => {
    expect(renderFailure(reportFailure(errors.notPossible("a\x1b]0;x\x07b")))[0]).toBe("hearth: ab");
  });
});
