/** One of them, each as likely as the other. */
export const any = (items, random) => items[Math.floor(random() * items.length)];

/** One of several, by weights that need not make up anything: `[[3, one], [1, other]]` is one three times out of four. */
export function weighted(choices, random) {
  let left = random() * choices.reduce((sum, [weight]) => sum + weight, 0);
  for (const [weight, choice] of choices) if ((left -= weight) < 0) return choice;
  return choices.at(-1)[1];
}
