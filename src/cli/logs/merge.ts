// Brings lines of many logs into one order, holding no more of each than one batch.

export interface Ordered {
  readonly order: number;
}

interface Head<T> {
  readonly rest: AsyncIterator<readonly T[]>;
  batch: readonly T[];
  /** Of the first one that is left. */
  index: number;
}

/**
 * Everything in runs, by `order`; what comes from one source stays in its order, and of equals the earlier source comes
 * first. Rejects with what a source does.
 */
export async function* merge<T extends Ordered>(
  sources: readonly AsyncIterable<readonly T[]>[],
): AsyncGenerator<readonly T[], void, void> {
  const heads = sources.map((source): Head<T> => ({ rest: source[Symbol.asyncIterator](), batch: [], index: 0 }));
  let live = await stillLive(heads);
  while (live.length > 0) {
    const [first, limit] = nextOf(live);
    if (first === undefined) return;
    yield take(first, limit);
    if (first.index === first.batch.length && !(await refill(first))) live = live.filter((head) => head !== first);
  }
}

async function stillLive<T>(heads: readonly Head<T>[]): Promise<readonly Head<T>[]> {
  const filled = await Promise.all(heads.map(refill));
  return heads.filter((_, index) => filled[index]);
}

async function refill<T>(head: Head<T>): Promise<boolean> {
  head.index = 0;
  do {
    const { done, value } = await head.rest.next();
    if (done) return false;
    head.batch = value;
  } while (head.batch.length === 0);
  return true;
}

/** The head that comes first, and the order up to which nobody else is due. */
function nextOf<T extends Ordered>(heads: readonly Head<T>[]): [Head<T> | undefined, number] {
  let first: Head<T> | undefined;
  let least = Number.POSITIVE_INFINITY;
  let limit = Number.POSITIVE_INFINITY;
  for (const head of heads) {
    const order = head.batch[head.index]?.order ?? Number.POSITIVE_INFINITY;
    if (first === undefined || order < least) {
      limit = least;
      least = order;
      first = head;
    } else if (order < limit) limit = order;
  }
  return [first, limit];
}

/** What is due before anybody else, at least one. */
function take<T extends Ordered>(head: Head<T>, limit: number): readonly T[] {
  const from = head.index;
  do head.index++;
  while (head.index < head.batch.length && (head.batch[head.index]?.order ?? 0) < limit);
  return head.batch.slice(from, head.index);
}
