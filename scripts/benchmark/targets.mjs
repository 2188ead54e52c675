// A measured value held against its target: a multiple of a floor taken in the same run, or a bound of its own.

export function atMost(floor, value, floorValue, target) {
  const ratio = value / floorValue;
  return { floor, floorValue, ratio, target: `<= ${target} x`, met: ratio <= target };
}

export function atLeast(floor, value, floorValue, target) {
  const ratio = value / floorValue;
  return { floor, floorValue, ratio, target: `>= ${target} x`, met: ratio >= target };
}

/** There is nothing to compare it with. */
export function below(value, bound, unit) {
  return { floor: null, target: `< ${bound} ${unit}`, met: value < bound };
}
