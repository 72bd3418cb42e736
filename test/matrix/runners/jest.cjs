// What jest is told, whoever compiles.
const { join } = require('node:path');
const { type } = require('../package.json');
const nest = require('../node_modules/@nestjs/common/package.json');

const esm = type === 'module';
/**
 * Nest 12 is an ES module, and jest cannot `require` one, before Node 24.9 at all, later none that it has not run yet. So an application of
 * ES modules has it imported first, on a Node 24, and a CommonJS one has it compiled as well.
 */
const isEsmNest = nest.type === 'module';
const compilesNest = isEsmNest && !esm;

exports.esm = esm;

exports.jest = (transform) => ({
  rootDir: join(__dirname, '..'),
  testEnvironment: 'node',
  testMatch: ['<rootDir>/src/*.test.ts'],
  testTimeout: 30_000,
  moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1' },
  transform: { [compilesNest ? '^.+\\.[jt]s$' : '^.+\\.ts$']: transform },
  ...(compilesNest && { transformIgnorePatterns: ['/node_modules/(?!@nestjs/)'] }),
  ...(esm && { extensionsToTreatAsEsm: ['.ts'] }),
  ...(isEsmNest && esm && { setupFiles: ['<rootDir>/runners/nest-first.mjs'] }),
});
