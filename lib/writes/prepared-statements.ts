import type { StatementEffect } from './sql/statement-effect.js';

/** What connections of MySQL have prepared under a name, as far as it is known what that does. */
export class PreparedStatements {
  readonly #known = new WeakMap<object, Map<string, StatementEffect>>();

  /**
   * Before a text is sent: in place of an EXECUTE, what it runs. A text that is not understood may prepare anything anew.
   *
   * @param isSure no other statement is under way, and names lead where they led when it was prepared
   */
  resolve(connection: object, effects: readonly StatementEffect[], isSure: boolean): readonly StatementEffect[] {
    const known = this.#known.get(connection);
    if (!known) return effects;
    const resolved = isSure && effects.length === 1 ? effects.map((effect) => resolvedBy(known, effect)) : effects;
    for (const effect of resolved) {
      if (effect.kind === 'unknown') known.clear();
      // One that fails leaves none of its name, or the one before.
      else if (effect.kind === 'session' && effect.prepares) known.delete(effect.prepares.name);
    }
    return resolved;
  }

  /** A text has been run, and no other one meanwhile. */
  follow(connection: object, [effect, ...more]: readonly StatementEffect[]): void {
    if (more.length || effect?.kind !== 'session' || !effect.prepares) return;
    let known = this.#known.get(connection);
    if (!known) this.#known.set(connection, (known = new Map()));
    known.set(effect.prepares.name, effect.prepares.effect);
  }
}

function resolvedBy(known: ReadonlyMap<string, StatementEffect>, effect: StatementEffect): StatementEffect {
  return (effect.kind === 'unknown' && effect.executes !== undefined && known.get(effect.executes)) || effect;
}
