// What jest is told, whoever compiles.
const { join } = require('node:path');
const { type } = require('../package.json');
const nest = require('../node_modules/@nestjs/common/package.json');

const esm = type === 'module';
/** Before Node 24.9 jest cannot `require` an ES module, and Nest 12 is one: a CommonJS application has it compiled as well. */
const compilesNest = !esm && nest.type === 'module';

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
});
