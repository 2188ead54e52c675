// Draws series of points against a count, as SVG.

const WIDTH = 720;
const HEIGHT = 400;
const PLOT = { left: 70, right: 700, top: 84, bottom: 350 };
/** Okabe and Ito's colours: told apart by everybody, on white. */
const COLOURS = ["#d55e00", "#0072b2", "#009e73", "#cc79a7", "#e69f00"];
const LEGEND_COLUMNS = 2;
const MAX_TICKS = 6;
const STEPS = [1, 2, 5, 10];

/**
 * `series` are `{name, points: [{count, value, low, high}]}`. `scale` is that of the values: `linear` begins at zero,
 * `log` has room for what differs by powers of ten.
 */
export function chart({ title, unit, counted, series, scale = "linear" }) {
  const points = series.flatMap((each) => each.points);
  const across = linearAxis(Math.max(1, ...points.map(({ count }) => count)));
  const up = scale === "log" ? logAxis(points) : linearAxis(Math.max(...points.map(({ high }) => high)));
  const place = {
    x: (count) => round(PLOT.left + across.share(count) * (PLOT.right - PLOT.left)),
    y: (value) => round(PLOT.bottom - up.share(value) * (PLOT.bottom - PLOT.top)),
  };
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" width="${WIDTH}" height="${HEIGHT}" role="img" font-family="sans-serif" font-size="12">`,
    `<title>${escaped(title)}</title>`,
    `<rect width="${WIDTH}" height="${HEIGHT}" fill="#fff"/>`,
    `<text x="${PLOT.left}" y="24" font-size="15" font-weight="bold">${escaped(`${title}, ${unit}`)}</text>`,
    ...series.map(({ name }, index) => legend(name, index)),
    ...up.ticks.map((value) => valueTick(value, place.y(value))),
    ...across.ticks.map((count) => countTick(count, place.x(count))),
    `<text x="${(PLOT.left + PLOT.right) / 2}" y="${HEIGHT - 10}" text-anchor="middle">${escaped(counted)}</text>`,
    ...series.map(({ points: own }, index) => line(own, index, place)),
    "</svg>\n",
  ].join("\n");
}

/** Round values from zero to at least `most`, a handful of them. */
export function linearTicks(most) {
  const least = most / (MAX_TICKS - 1);
  const power = 10 ** Math.floor(Math.log10(least));
  const step = power * STEPS.find((factor) => factor * power >= least * (1 - Number.EPSILON));
  const count = Math.ceil(most / step - 1e-9);
  return Array.from({ length: count + 1 }, (_, index) => Number((index * step).toPrecision(12)));
}

/** The powers of ten that enclose these values; values of zero and less have no place among them. */
export function logTicks(least, most) {
  const from = Math.floor(Math.log10(least));
  const to = Math.max(from + 1, Math.ceil(Math.log10(most)));
  return Array.from({ length: to - from + 1 }, (_, index) => Number((10 ** (from + index)).toPrecision(12)));
}

function linearAxis(most) {
  const ticks = linearTicks(most > 0 ? most : 1);
  return { ticks, share: (value) => value / ticks.at(-1) };
}

function logAxis(points) {
  const values = points.flatMap(({ low, high }) => [low, high]).filter((value) => value > 0);
  const ticks = logTicks(Math.min(...values), Math.max(...values));
  const from = Math.log10(ticks[0]);
  const span = Math.log10(ticks.at(-1)) - from;
  return { ticks, share: (value) => (Math.log10(Math.max(value, ticks[0])) - from) / span };
}

function legend(name, index) {
  const x = PLOT.left + (index % LEGEND_COLUMNS) * ((PLOT.right - PLOT.left) / LEGEND_COLUMNS);
  const y = 44 + Math.floor(index / LEGEND_COLUMNS) * 18;
  return `<rect x="${x}" y="${y - 6}" width="14" height="4" fill="${colour(index)}"/><text x="${x + 20}" y="${y}">${escaped(name)}</text>`;
}

function valueTick(value, y) {
  const label = `<text x="${PLOT.left - 8}" y="${y + 4}" text-anchor="end">${value.toLocaleString("en")}</text>`;
  return `<line x1="${PLOT.left}" x2="${PLOT.right}" y1="${y}" y2="${y}" stroke="#ddd"/>${label}`;
}

function countTick(count, x) {
  return `<text x="${x}" y="${PLOT.bottom + 18}" text-anchor="middle">${count.toLocaleString("en")}</text>`;
}

/** A line through the medians, with a bar for the spread of each. */
function line(points, index, { x, y }) {
  const stroke = `stroke="${colour(index)}"`;
  const path = points.map(({ count, value }) => `${x(count)},${y(value)}`).join(" ");
  const marks = points.map(({ count, value, low, high }) => {
    const spread = `<line x1="${x(count)}" x2="${x(count)}" y1="${y(low)}" y2="${y(high)}" ${stroke}/>`;
    return `${spread}<circle cx="${x(count)}" cy="${y(value)}" r="3.5" fill="${colour(index)}"/>`;
  });
  return `<polyline points="${path}" fill="none" ${stroke} stroke-width="2"/>${marks.join("")}`;
}

function colour(index) {
  return COLOURS[index % COLOURS.length];
}

function round(value) {
  return Math.round(value * 10) / 10;
}

function escaped(text) {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
}
