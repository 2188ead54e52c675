import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { exampleDaemon, exampleRequest } from "../../protocol/examples.js";
import { plain } from "../../src/cli/render/text.js";
import { widthOf } from "../../src/cli/render/width.js";
import { advance, followed, MAX_LOG_LINES } from "../../src/cli/top/advance.js";
import { layoutOf, listRows } from "../../src/cli/top/layout.js";
import { type Model, shownAgents } from "../../src/cli/top/model.js";
import { view } from "../../src/cli/top/view.js";
import { agentNamed, event, input, NOW, played, press, shows, start } from "./top-world.js";

const COLOURFUL = { now: NOW, style: { isColourful: true } };
const BARE = { now: NOW, style: { isColourful: false } };
// biome-ignore lint/suspicious/noControlCharactersInRegex: colours are what is looked for
const COLOUR = /\x1b\[[0-9;:]*m/g;

/** What is seen, without colours. */
function screen(model: Model): string {
  return view(model, BARE).join("\n");
}

const db = agentNamed("db");
const web = agentNamed("web", { state: "starting", ready: false, startedAt: null, waitingFor: ["db"] });
const crash = agentNamed("crash", { state: "failed", restarts: 3 });

describe("whatever happens", () => {
  it("the screen is filled exactly, and nothing but colours reaches the terminal", () => {
    fc.assert(
      fc.property(start, fc.array(input, { maxLength: 40 }), (first, inputs) => {
        let model = first;
        for (const each of inputs) model = advance(model, each).model;
        const rows = view(model, COLOURFUL);
        expect(rows.length).toBe(model.size.rows);
        for (const row of rows) {
          expect(widthOf(row)).toBeLessThanOrEqual(model.size.columns);
          expect(row.replace(COLOUR, "")).not.toMatch(/[\p{Cc}\u202a-\u202e]/u);
          const last = row.match(COLOUR)?.at(-1);
          expect(last === undefined || last === "\x1b[0m").toBe(true);
        }
        expect(view(model, BARE).join("")).not.toContain("\x1b");
      }),
      { numRuns: 100 },
    );
  });

  it("an agent that is shown is selected and in sight, questions are about agents there are, and logs stay small", () => {
    fc.assert(
      fc.property(start, fc.array(input, { maxLength: 60 }), (first, inputs) => {
        let model = first;
        for (const each of inputs) {
          model = advance(model, each).model;
          const shown = shownAgents(model);
          const at = shown.findIndex(({ agent }) => agent === model.selected);
          expect(model.selected === null ? shown.length : at).toBe(model.selected === null ? 0 : Math.max(0, at));
          const { rows } = listRows(layoutOf(model));
          if (rows > 0 && model.screen === "agents" && at >= 0) {
            expect(at).toBeGreaterThanOrEqual(model.firstShown);
            expect(at).toBeLessThan(model.firstShown + rows);
          }
          const { prompt } = model;
          if (prompt !== null && prompt.kind !== "filter")
            expect(model.agents.map(({ agent }) => agent)).toContain(prompt.agent);
          expect(model.log.lines.length).toBeLessThanOrEqual(MAX_LOG_LINES);
          expect(model.log.bottom ?? 0).toBeLessThanOrEqual(Math.max(0, model.log.lines.length - 1));
        }
      }),
      { numRuns: 100 },
    );
  });

  it("the daemon is asked only while it is there, and a session ends only after a yes", () => {
    fc.assert(
      fc.property(start, fc.array(input, { maxLength: 60 }), (first, inputs) => {
        let model = first;
        for (const each of inputs) {
          const { prompt, link } = model;
          const step = advance(model, each);
          model = step.model;
          for (const effect of step.effects) {
            if (effect.kind !== "call") continue;
            expect(link.kind).toBe("up");
            if (effect.action === "start" || effect.action === "poke") continue;
            expect(prompt).toEqual({ kind: "confirm", action: effect.action, agent: effect.agent });
            expect(each).toEqual({ kind: "key", key: "y" });
          }
        }
      }),
      { numRuns: 100 },
    );
  });
});

describe("the list", () => {
  it("tells state, uptime, restarts, last beat and what each agent waits for", () => {
    const lastBeat = new Date(NOW - 12_000).toISOString();
    const startedAt = new Date(NOW - 61_000).toISOString();
    const until = new Date(NOW + 8_000).toISOString();
    const retrying = agentNamed("retry", { state: "backoff", startedAt: null, backoffUntil: until, restarts: 2 });
    const rows = screen(shows([{ ...db, startedAt, lastBeat }, web, retrying, { ...crash, startedAt: null }])).split(
      "\n",
    );
    expect(rows.slice(1, 6)).toEqual([
      "    AGENT  STATE     UPTIME   RESTARTS  LAST BEAT    WAITS FOR",
      "▸ ✖ crash  failed    -        3         -            a reset",
      "  ● db     running   1m 1s    1         12s ago",
      "  ↻ retry  backoff   -        2         -            next try in 8s",
      "  ◌ web    starting  -        1         -            db",
    ]);
  });

  it("keeps sign and name where there are 20 columns and 5 rows", () => {
    const rows = screen(shows([db, crash], { columns: 20, rows: 5 })).split("\n");
    expect(rows[1]).toMatch(/^▸ ✖ crash/);
    expect(rows[2]).toMatch(/^ {2}● db/);
    expect(rows[4]).toBe("q quit  ? help");
  });

  it("scrolls with the selection through 500 agents", () => {
    const many = shows(Array.from({ length: 500 }, (_, at) => agentNamed(`a${String(at).padStart(3, "0")}`)));
    expect(screen(press(many, "end").model)).toContain("▸ ● a499");
    expect(screen(press(many, "end", "pageup", "home").model)).toContain("▸ ● a000");
  });

  it("selects the next agent when the selected one is removed, or the last", () => {
    const model = press(shows([crash, db, web]), "down").model;
    expect(played(model, event("agent.removed", "db", {})).selected).toBe("web");
    expect(played(model, { kind: "vanished", agent: "db" }, { kind: "vanished", agent: "web" }).selected).toBe("crash");
  });

  it("asks again when an agent is removed, since an answer that is on its way may still tell of it", () => {
    const { model, effects } = advance(shows([db, web]), event("agent.removed", "db", {}));
    expect(model.agents.map(({ agent }) => agent)).toEqual(["web"]);
    expect(effects).toContainEqual({ kind: "refresh", agents: "all" });
  });

  it("shows only what the filter lets through, by name or state, until Esc", () => {
    const filtered = press(shows([crash, db, web]), "/", "F", "a", "i", "enter").model;
    expect(filtered.selected).toBe("crash");
    expect(screen(filtered)).toContain("/Fai  1 of 3");
    expect(shownAgents(press(filtered, "escape").model).length).toBe(3);
    expect(press(shows([db]), "/", "x", "escape").model.filter).toBe("");
  });

  it("uses only ASCII of its own where the terminal has no more", () => {
    const model = press(shows([crash, db], { columns: 200, rows: 50 }), "?").model;
    for (const each of [model, press(model, "escape").model])
      expect(view(each, { now: NOW, style: { isColourful: false, isAscii: true } }).join("")).toMatch(/^[\x20-\x7e]*$/);
  });
});

describe("events", () => {
  it("change an agent at once, and have the daemon asked for what they leave open", () => {
    const model = shows([db, web]);
    const step = advance(
      model,
      event("agent.exited", "db", { incarnation: 4, code: 3, signal: null, reason: "exited" }),
    );
    expect(step.model.agents[0]).toMatchObject({ pid: null, startedAt: null, lastExit: { code: 3, reason: "exited" } });
    // `web` waits for it.
    expect(step.effects).toEqual([{ kind: "refresh", agents: ["db", "web"] }]);
  });

  it("that are no change of state are not asked about", () => {
    expect(advance(shows([db]), event("beat", "db", { incarnation: 4 })).effects).toEqual([]);
  });

  it("tell what became of a request that was asked for here, and of no other", () => {
    const asked = played(shows([db]), {
      kind: "answered",
      message: { tone: "plain", text: "asked" },
      request: { ...exampleRequest, state: "accepted" },
    });
    const failed = { ...exampleRequest, state: "failed" as const, error: { kind: "x", message: "no disk" } };
    expect(screen(played(asked, event("lifecycle.failed", "db", failed)))).toContain("failed: no disk");
    expect(screen(played(asked, event("lifecycle.failed", "db", { ...failed, id: "another" })))).not.toContain(
      "no disk",
    );
  });
});

describe("keys", () => {
  it("that end a session ask first, and anything but y is a no", () => {
    const asked = press(shows([db]), "r").model;
    expect(screen(asked)).toContain("restart db? y: yes, any other key: no");
    expect(press(asked, "y").effects).toEqual([{ kind: "call", action: "restart", agent: "db", message: null }]);
    expect(press(asked, "enter").effects).toEqual([]);
  });

  it("poke with the text that is typed or pasted, or with the definition's message", () => {
    const model = press(shows([db]), "p", "h", "i").model;
    const pasted = played(model, { kind: "pasted", text: " there\n\x1b[2Jq" });
    expect(press(pasted, "enter").effects).toEqual([
      { kind: "call", action: "poke", agent: "db", message: "hi there q" },
    ]);
    expect(press(shows([db]), "p", "enter").effects).toEqual([
      { kind: "call", action: "poke", agent: "db", message: null },
    ]);
  });

  it("are not what is pasted while nothing is being typed", () => {
    expect(advance(shows([db]), { kind: "pasted", text: "rysy" })).toMatchObject({
      effects: [],
      model: { prompt: null },
    });
  });

  it("of Ctrl-C end it with 130, and q with 0", () => {
    expect(press(shows([db]), "ctrl+c").effects).toEqual([{ kind: "quit", code: 130 }]);
    expect(press(shows([db]), "q").effects).toEqual([{ kind: "quit", code: 0 }]);
  });

  it("are all in the help, however small the screen", () => {
    const small = press(shows([db], { columns: 20, rows: 5 }), "?").model;
    const seen = new Set<string>();
    for (let model = small, last = -1; model.helpFrom !== last; model = press(model, "down").model) {
      last = model.helpFrom;
      for (const row of view(model, BARE)) seen.add(row);
    }
    expect([...seen]).toEqual(expect.arrayContaining(["Keys", "q F10", "  quit", "Ctrl-C"]));
  });
});

describe("the log", () => {
  const lines = Array.from({ length: 100 }, (_, at) => `line ${at}`);
  const full = played(press(shows([db, web]), "l").model, { kind: "log-began", agent: "db", lines });

  it("shows the last lines of the selected agent, and what comes", () => {
    const grown = played(full, { kind: "log-grew", agent: "db", lines: ["news"] });
    expect(screen(grown).split("\n").at(-2)).toBe("news");
    expect(screen(press(full, "escape", "down").model)).not.toContain("line 99");
  });

  it("is held still where one scrolls to, and followed again at its end", () => {
    const held = press(full, "pageup").model;
    expect(followed(held)).toBeNull();
    expect(played(held, { kind: "log-grew", agent: "db", lines: ["late"] }).log).toEqual(held.log);
    expect(screen(press(held, "home").model)).toContain("line 0\n");
    expect(followed(press(held, "end").model)).toBe("db");
    expect(followed(press(full, "f").model)).toBeNull();
    expect(followed(press(full, "f", "f").model)).toBe("db");
    expect(followed(press(shows([db]), "f").model)).toBe("db");
  });

  it("is not followed where it is not shown", () => {
    expect(followed(shows([db], { columns: 80, rows: 8 }))).toBeNull();
    expect(followed(press(full, "?").model)).toBeNull();
  });

  it("shows what a program has drawn last on a line of its own", () => {
    const drawn = played(full, { kind: "log-grew", agent: "db", lines: ["10%\r20%\r99%\r"] });
    expect(screen(drawn).split("\n").at(-2)).toBe("99%");
  });

  it("keeps colours where there are any, and ends them with the row", () => {
    const coloured = played(full, { kind: "log-grew", agent: "db", lines: ["\x1b[31mred\x1b[2J"] });
    expect(view(coloured, COLOURFUL).at(-2)).toMatch(/^.\[31mred(?:.\[0m)+$/);
    expect(view(coloured, BARE).at(-2)).toBe("red");
  });

  it("is on the right of the agents where the screen is wide, and below them where it is not", () => {
    const wide = played(shows([db], { columns: 200, rows: 50 }), { kind: "log-began", agent: "db", lines: ["hello"] });
    expect(view(wide, BARE)[2]).toMatch(/db .* │ hello$/);
    const narrow = played(shows([db]), { kind: "log-began", agent: "db", lines: ["hello"] });
    expect(view(narrow, BARE).indexOf("hello")).toBeGreaterThan(3);
  });
});

describe("a daemon that is away", () => {
  const trouble = { message: "daemon offline: run `hearth daemon start`", hint: "run `hearth daemon start`" };
  const away = played(shows([db]), { kind: "lost", trouble });

  it("is told with what to do, and nothing is asked of it", () => {
    expect(screen(away)).toContain("run `hearth daemon start`; still looking for it");
    expect(press(away, "S").effects).toEqual([]);
    expect(screen(press(away, "S").model)).toContain("nothing was asked of it");
    // Neither is what was to be confirmed when it went.
    const confirmed = press(played(press(shows([db]), "s").model, { kind: "lost", trouble }), "y");
    expect(confirmed.effects).toEqual([]);
    expect(screen(confirmed.model)).toContain("nothing was asked of it");
  });

  it("is told when it is back, with its successor's pid", () => {
    const daemon = { ...exampleDaemon, instanceId: "another", pid: 77 };
    expect(screen(played(away, { kind: "connected", daemon, agents: [web] }))).toContain(
      "another daemon runs now, pid 77",
    );
    expect(plain(screen(played(away, { kind: "connected", daemon: exampleDaemon, agents: [] })))).toContain(
      "connected again",
    );
  });
});
