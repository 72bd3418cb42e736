import { crc32 } from 'node:zlib';
import { CorruptPayloadError, ShapeMismatchError } from './payload-errors.js';

/** Raise when the layout or the meaning of payloads changes, and regenerate the golden one: older payloads become misses. */
export const PAYLOAD_FORMAT = 2;

const HEADER = /^qc(\d+)\.([0-9a-z]+)\./;

/** `qc<format>.<checksum>.<body>`. */
export function seal(body: string): string {
  return `qc${PAYLOAD_FORMAT}.${crc32(body).toString(36)}.${body}`;
}

/** The body of a sealed payload. A right checksum says that nothing was cut or torn, not who wrote it: anybody can work it out. */
export function open(payload: string): string {
  const [header, format, checksum] = HEADER.exec(payload) ?? [];
  if (header === undefined) {
    throw new CorruptPayloadError(
      'The payload has no header of ours, so another program wrote it; it is loaded again.',
    );
  }
  if (Number(format) !== PAYLOAD_FORMAT) {
    throw new ShapeMismatchError(
      `The payload has format ${format} and this release reads ${PAYLOAD_FORMAT}, so it is loaded again.`,
    );
  }
  const body = payload.slice(header.length);
  if (crc32(body).toString(36) !== checksum) {
    throw new CorruptPayloadError(
      'The payload does not match its checksum: it was cut or altered; it is loaded again.',
    );
  }
  return body;
}
