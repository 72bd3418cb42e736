// A scenario has a `name`, what it is `about`, `entities`, `managers`, `seed(manager, random)`, which fills the database and returns the rows it
// has put there, and `operations({ rows, managers, random })`, which goes on without end.
//
// A write is `{ write }`: it writes through the EntityManager it is given, then to the rows, and returns the changes. A read is of a `kind`,
// `detail` or `list`, and of a `key`, ours; it has `load()`, `expected(rows)`, which is what that must return, whether it `isOrdered`, and
// `conditions(rows)`, by which the cache with equality conditions drops it.
import { board } from './board.mjs';
import { categories } from './categories.mjs';
import { comments } from './comments.mjs';
import { lastSeen } from './last-seen.mjs';
import { pages } from './pages.mjs';
import { users } from './users.mjs';

export const scenarios = [categories, board, comments, users, lastSeen, pages];
