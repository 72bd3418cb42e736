/**
 * A map whose values live for a while and whose size has a bound, without a timer: what is past its time is absent, and goes when
 * room is needed.
 */
export class ExpiringMap<V> {
  readonly #slots = new Map<string, { value: V; expiresAt: number }>();

  constructor(private readonly capacity: number) {}

  get size(): number {
    return this.#slots.size;
  }

  get(key: string): V | undefined {
    return this.#slot(key)?.value;
  }

  set(key: string, value: V, lifetimeMs: number): void {
    this.#slots.delete(key);
    if (this.#slots.size >= this.capacity) this.#makeRoom();
    this.#slots.set(key, { value, expiresAt: Date.now() + lifetimeMs });
  }

  /** Gives what is there another value, and leaves its lifetime alone. */
  replace(key: string, value: V): void {
    const slot = this.#slot(key);
    if (slot) slot.value = value;
  }

  /** Lengthens a lifetime to at least this, and never shortens it. */
  keep(key: string, lifetimeMs: number): void {
    const slot = this.#slot(key);
    if (slot) slot.expiresAt = Math.max(slot.expiresAt, Date.now() + lifetimeMs);
  }

  delete(key: string): void {
    this.#slots.delete(key);
  }

  clear(): void {
    this.#slots.clear();
  }

  #slot(key: string): { value: V; expiresAt: number } | undefined {
    const slot = this.#slots.get(key);
    return slot && slot.expiresAt > Date.now() ? slot : undefined;
  }

  #makeRoom(): void {
    const now = Date.now();
    for (const [key, { expiresAt }] of this.#slots) if (expiresAt <= now) this.#slots.delete(key);
    // A quarter at once, or a full map would be walked for every key that comes.
    const target = Math.floor(this.capacity * 0.75);
    for (const key of this.#slots.keys()) {
      if (this.#slots.size <= target) break;
      this.#slots.delete(key);
    }
  }
}
