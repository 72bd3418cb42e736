import { afterAll } from 'vitest';
import { endWhatIsOpen } from './left-open.js';

afterAll(endWhatIsOpen);
