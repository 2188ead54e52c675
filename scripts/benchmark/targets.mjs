// A figure held against its target: a multiple of a floor taken in the same run, or a bound of its own.

export function atMost(floor, figure, floorFigure, target) {
  const ratio = figure.value / floorFigure.value;
  return { floor, floorFigure, ratio, target: `<= ${target} x`, met: ratio <= target };
}

export function atLeast(floor, figure, floorFigure, target) {
  const ratio = figure.value / floorFigure.value;
  return { floor, floorFigure, ratio, target: `>= ${target} x`, met: ratio >= target };
}

/** Nobody promised a figure; the floor says what is possible. */
export function beside(floor, figure, floorFigure) {
  return { floor, floorFigure, ratio: figure.value / floorFigure.value, target: null, met: true };
}

/** Nobody promised a figure, and there is nothing to compare it with. */
export function unpromised() {
  return { floor: null, target: null, met: true };
}

/** What can't be measured on this machine is not met either. */
export function absent(floor, missing) {
  return { floor, missing, target: null, met: false };
}

/** There is nothing to compare it with. */
export function below(figure, bound, unit) {
  return { floor: null, target: `< ${bound} ${unit}`, met: figure.value < bound };
}

export function noMoreThan(figure, bound, unit) {
  return { floor: null, target: `<= ${bound} ${unit}`, met: figure.value <= bound };
}

export function noLessThan(figure, bound, unit) {
  return { floor: null, target: `>= ${bound} ${unit}`, met: figure.value >= bound };
}
