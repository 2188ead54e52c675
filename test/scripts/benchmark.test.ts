// What a benchmark makes of its measurements: figures, tables, charts, the page.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { chart, linearTicks, logTicks } from "../../scripts/benchmark/chart.mjs";
import { BEGIN, END, measuredText, pictures, withMeasured } from "../../scripts/benchmark/page.mjs";
import { figureOf, interleave, median } from "../../scripts/benchmark/statistics.mjs";
import { comparisonLines, figureText, markdownTable, plainTable, rowLines } from "../../scripts/benchmark/table.mjs";
import { absent, atLeast, atMost, below, beside, unpromised } from "../../scripts/benchmark/targets.mjs";

const values = fc.array(fc.double({ min: 0.001, max: 1e9, noNaN: true }), { minLength: 1, maxLength: 50 });

describe("figures", () => {
  test("a figure lies within its spread, and its spread within what was measured", () => {
    fc.assert(
      fc.property(values, (measured) => {
        const { value, low, high, samples } = figureOf(measured);
        expect([Math.min(...measured), low, value, high, Math.max(...measured)]).toEqual(
          [Math.min(...measured), low, value, high, Math.max(...measured)].sort((a, b) => a - b),
        );
        expect(samples).toBe(measured.length);
      }),
    );
  });

  test("the order of the repeats does not matter, and they are left as they are", () => {
    const measured = [10, 9, 100];
    expect([median(measured), measured]).toEqual([10, [10, 9, 100]]);
    expect(median([4, 1, 3, 2])).toBe(2.5);
  });

  test("one unlucky repeat of many does not decide the spread", () => {
    expect(figureOf([...Array.from({ length: 20 }, () => 5), 900]).high).toBe(5);
  });

  test("what is compared takes turns", async () => {
    const turns: string[] = [];
    const take = (name: string, value: number) => async () => {
      turns.push(name);
      return value;
    };
    const figures = await interleave({ a: take("a", 1), b: take("b", 2) }, { rounds: 2 });
    expect(turns.slice(-4)).toEqual(["a", "b", "a", "b"]);
    expect(figures).toMatchObject({ a: { value: 1, samples: 2 }, b: { value: 2, samples: 2 } });
  });
});

describe("targets", () => {
  const [one, two] = [figureOf([1]), figureOf([2])];

  test.each([
    ["at most a multiple of a floor", atMost("floor", two, one, 2), true],
    ["more than it", atMost("floor", two, one, 1.9), false],
    ["at least a share of a floor", atLeast("floor", one, two, 0.5), true],
    ["less than it", atLeast("floor", one, two, 0.6), false],
    ["below a bound", below(one, 1.1, "ms"), true],
    ["on the bound", below(one, 1, "ms"), false],
    ["what nobody promised", beside("floor", two, one), true],
    ["what nothing is compared with either", unpromised(), true],
    ["what could not be measured", absent("floor", "no network"), false],
  ])("%s", (_, { met }, expected) => {
    expect(met).toBe(expected);
  });
});

describe("tables", () => {
  test("a figure shows its spread when it was measured more than once", () => {
    expect([figureText(figureOf([1, 2, 3])), figureText(figureOf([1234.5])), figureText(figureOf([0]))]).toEqual([
      "2.0 (1.0–3.0)",
      "1,235",
      "0",
    ]);
  });

  test("each floor has a line of its own, and a target that is missed shows", () => {
    const figure = figureOf([3]);
    const floors = [atMost("bare", figure, figureOf([2]), 1.3), beside("other", figure, figureOf([6]))];
    expect(rowLines([{ row: "call", unit: "ms", ...figure, floors }]).slice(1)).toEqual([
      ["call", "3.0 ms", "bare: 2.0 ms", "1.50", "<= 1.3 x", "MISSED"],
      ["call", "3.0 ms", "other: 6.0 ms", "0.50", "", ""],
    ]);
  });

  test("a floor or a peer that could not be had is named, with the reason", () => {
    const rows = [{ row: "call", unit: "ms", ...figureOf([3]), floors: [absent("pm2 jlist", "no registry")] }];
    expect(rowLines(rows)[1]).toEqual([
      "call",
      "3.0 ms",
      "pm2 jlist: not measured",
      "",
      "",
      "not measured: no registry",
    ]);
    const comparisons = [{ measure: "start", unit: "ms", by: { Hearth: figureOf([1]), runit: { text: "5 of 5" } } }];
    const entrants = [{ name: "Hearth" }, { name: "pm2", missing: "no registry" }, { name: "runit" }];
    expect(comparisonLines(comparisons, entrants)).toEqual([
      ["what", "Hearth", "pm2", "runit"],
      ["start (ms)", "1.0", "not measured", "5 of 5"],
    ]);
  });

  test("columns line up on a terminal, and a bar in a cell does not end it on a page", () => {
    const lines = [
      ["a", "b"],
      ["long", "x|y"],
    ];
    expect(plainTable(lines)).toBe("a     b\nlong  x|y");
    expect(markdownTable(lines)).toBe("| a | b |\n|---|---|\n| long | x\\|y |");
  });
});

describe("charts", () => {
  const point = fc.record({ count: fc.integer({ min: 0, max: 5_000 }), measured: values });
  const anySeries = fc.array(fc.array(point, { minLength: 1, maxLength: 6 }), { minLength: 1, maxLength: 5 });
  const drawn = (points: readonly { count: number; measured: readonly number[] }[]) =>
    points.map(({ count, measured }) => ({ count, ...figureOf(measured) }));

  test("ticks begin at zero, reach what they are for, and are few", () => {
    fc.assert(
      fc.property(fc.double({ min: 1e-6, max: 1e12, noNaN: true }), (most) => {
        const ticks = linearTicks(most);
        expect(ticks[0]).toBe(0);
        expect(ticks.at(-1)).toBeGreaterThanOrEqual(most * (1 - 1e-6));
        expect(ticks.length).toBeLessThanOrEqual(7);
      }),
    );
    expect(linearTicks(1_000)).toEqual([0, 200, 400, 600, 800, 1_000]);
    expect(logTicks(3, 1_200)).toEqual([1, 10, 100, 1_000, 10_000]);
  });

  test.each(["linear", "log"])("every point lies within the picture, on a %s scale", (scale) => {
    fc.assert(
      fc.property(anySeries, (all) => {
        const series = all.map((points, index) => ({ name: `s${index}`, points: drawn(points) }));
        const svg = chart({ title: "t", unit: "ms", counted: "agents", series, scale });
        const places = [...svg.matchAll(/<circle cx="([^"]+)" cy="([^"]+)"/g)].map(([, x, y]) => [
          Number(x),
          Number(y),
        ]);
        expect(places).toHaveLength(all.flat().length);
        for (const [x, y] of places as [number, number][]) {
          expect(x >= 70 && x <= 700 && y >= 84 && y <= 350).toBe(true);
        }
      }),
      { numRuns: 50 },
    );
  });

  test("more is further up and to the right", () => {
    const points = drawn([
      { count: 0, measured: [1] },
      { count: 10, measured: [2] },
    ]);
    const svg = chart({ title: "t", unit: "ms", counted: "agents", series: [{ name: "s", points }] });
    expect(svg).toContain('points="70,217 700,84"');
  });

  test("a name can't break the picture", () => {
    const series = [{ name: '<a & "b">', points: drawn([{ count: 1, measured: [1] }]) }];
    expect(chart({ title: "t", unit: "ms", counted: "agents", series })).toContain("&lt;a &amp; &quot;b&quot;&gt;");
  });
});

describe("the page", () => {
  const plot = {
    ...{ file: "start", measure: "start of all", unit: "ms", counted: "agents" },
    series: [{ name: "Hearth", points: [{ count: 1, ...figureOf([1]) }] }],
  };
  const results = {
    about: { takenAt: "2026-01-01T00:00:00Z", commit: "abc", isQuick: true, load: 0, seconds: 1 },
    entrants: [
      { name: "Hearth", version: "1" },
      { name: "runit", missing: "no apt-get" },
    ],
    ...{ rows: [], comparisons: [], plots: [plot], failures: [{ name: "scale", reason: "no answer\nat all" }] },
  };

  test("only what stands between the marks is written anew", () => {
    const page = `# By hand\n\n${BEGIN}\n\nold\n\n${END}\n\nalso by hand\n`;
    const written = withMeasured(page, "new");
    expect(written).toBe(page.replace("old", "new"));
    expect(withMeasured(written, "new")).toBe(written);
  });

  test.each(["no marks", `${END}\n${BEGIN}`, BEGIN])("a page without both marks in order is refused: %j", (page) => {
    expect(() => withMeasured(page, "new")).toThrow("the page needs the lines");
  });

  test("figures from a busy machine carry a warning", () => {
    const under = (load: number) =>
      measuredText({ ...results, about: { ...results.about, cores: 4, load } }, "pictures");
    expect([under(3), under(1)].map((text) => text.includes("was busy with other work"))).toEqual([true, false]);
  });

  test("it shows each plot by the name under which it is written, and says what is missing and why", () => {
    const text = measuredText(results, "pictures");
    expect([...pictures([plot]).keys()]).toEqual(["start.svg"]);
    expect(text).toContain("(pictures/start.svg)");
    expect(text).toContain("runit could not be had (no apt-get)");
    expect(text).toContain("`scale` could not be measured: no answer");
  });
});
