/** Whether assigning the property runs code of the class, whose effect only the class knows: `set name(value) {}`. */
export function isAccessor(prototype: object | null, name: string): boolean {
  for (let at = prototype; at; at = Object.getPrototypeOf(at) as object | null) {
    const property = Object.getOwnPropertyDescriptor(at, name);
    if (property) return !('value' in property);
  }
  return false;
}

/** The prototype of what a class makes; entities and embedded objects without a class are plain objects. */
export function prototypeOf(type: unknown): object {
  return typeof type === 'function' ? (type.prototype as object) : Object.prototype;
}
