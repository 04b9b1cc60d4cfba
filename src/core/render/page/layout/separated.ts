/**
 * The positions nearest to the wanted ones (least squares) at which items of these sizes, in this order, do not
 * overlap. Pools adjacent violators, in linear time.
 */
export function separated(wanted: readonly number[], sizes: readonly number[]): number[] {
  const blocks: { sum: number; count: number }[] = [];
  const offsets: number[] = [];
  let offset = 0;
  for (const [at, place] of wanted.entries()) {
    offsets.push(offset);
    let block = { sum: place - offset, count: 1 };
    for (
      let last = blocks.at(-1);
      last !== undefined && last.sum / last.count > block.sum / block.count;
      last = blocks.at(-1)
    ) {
      block = { sum: block.sum + last.sum, count: block.count + last.count };
      blocks.pop();
    }
    blocks.push(block);
    offset += sizes[at] ?? 0;
  }
  const places: number[] = [];
  for (const { sum, count } of blocks)
    for (let left = count; left > 0; left--)
      places.push(sum / count + (offsets[places.length] ?? 0));
  return places;
}
