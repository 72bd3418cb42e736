import { ENTRY_FORMAT } from '../../lib/cache/entry.js';

/** A format and the name behind it, in a text of JSON in texts of JSON. */
const NAME = new RegExp(`(${ENTRY_FORMAT}\\\\*",\\\\*")([\\w-]{12})`, 'g');

/** Entries are named by chance, so that no two moments would be the same. */
export function withoutNames(text: string): string {
  return text.includes(ENTRY_FORMAT) ? text.replace(NAME, '$1') : text;
}

/** For moments in which somebody knows entries by their names: each is called by the place where it is met first. */
export function withPlaces(text: string): string {
  const places = new Map<string, number>();
  return text.replace(NAME, (_, before: string, name: string) => {
    const place = places.get(name) ?? places.size;
    places.set(name, place);
    return `${before}${place}`;
  });
}

/** The time of day of a change, in a text of JSON in texts of JSON: it is told, and decides nothing. */
const MOMENT = /(\[\\*"[iud]\\*",)\d{13}/g;

export function withoutMoments(text: string): string {
  return text.replace(MOMENT, '$1');
}

/** Whether a hold stands, in a text of JSON in texts of JSON: only who judges by journals looks at it. */
const STANDING = /,\\*"hasHold\\*":(?:true|false)/g;

export function withoutStanding(text: string): string {
  return text.replace(STANDING, '');
}
