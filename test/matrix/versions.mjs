// The README's table of versions: what the combinations that were seen green are made of, by the major version of Nest.
import { versioned } from './combinations.mjs';

const begin = '<!-- versions: from test/matrix/combinations.txt, by `npm run matrix -- --write` -->';
const end = '<!-- /versions -->';

const stores = {
  'ioredis-yet-5': () => 'cache-manager-ioredis-yet 2',
  'ioredis-yet': () => 'cache-manager-ioredis-yet 2',
  'keyv-redis': (version) => `@keyv/redis ${version}`,
  'given-ioredis': () => 'ioredis 5 in `forRoot`',
  'given-node-redis': (version) => `node-redis ${version} in \`forRoot\``,
};

const rows = {
  TypeORM: ({ typeorm }) => typeorm,
  '@nestjs/typeorm': (combination) => combination['nestjs-typeorm'],
  '@nestjs/cache-manager': (combination) => combination['nestjs-cache'],
  'cache-manager': (combination) => combination['cache-manager'],
  keyv: ({ keyv }) => keyv,
  'Redis through': ({ store }) => call(stores, store),
  Database: ({ database }) => ({ postgres: 'PostgreSQL', mariadb: 'MariaDB' })[database],
  'the application is': ({ modules }) => ({ commonjs: 'CommonJS', module: 'ES modules' })[modules],
  '`moduleResolution`': ({ resolution }) => resolution,
  TypeScript: ({ typescript }) => typescript,
  'built or run by': ({ runner }) => versioned(runner).filter(Boolean).join(' '),
  // What runs the matrix itself, in CI, is a Node 20.
  Node: ({ node }) => node ?? '20',
};

/** The README with the table that the combinations make. */
export function withVersions(readme, combinations) {
  const [before, rest] = parts(readme, begin);
  const [, after] = parts(rest, end);
  return `${before}${begin}\n${table(combinations)}\n${end}${after}`;
}

function table(all) {
  const combinations = all.filter(({ seen }) => seen === 'green');
  const nests = [...new Set(combinations.map(({ nest }) => nest))];
  const lines = Object.entries(rows).map(([title, valueOf]) => {
    const cells = nests.map((nest) => distinct(combinations.filter((each) => each.nest === nest).map(valueOf)));
    return [title, ...cells];
  });
  return [['', ...nests.map((nest) => `Nest ${nest}`)], ['---', ...nests.map(() => '---')], ...lines]
    .map((cells) => `| ${cells.join(' | ')} |`)
    .join('\n');
}

function distinct(values) {
  return [...new Set(values.filter(Boolean))].sort((a, b) => a.localeCompare(b, 'en', { numeric: true })).join(', ');
}

function call(functions, text) {
  const [name, version] = versioned(text);
  return functions[name](version);
}

function parts(text, mark) {
  const at = text.indexOf(mark);
  if (at < 0)
    throw new Error(`README.md has no "${mark}", so there is no place for the table of versions. Put it back.`);
  return [text.slice(0, at), text.slice(at + mark.length)];
}
